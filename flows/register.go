package flows

import "xintiexin/storage"

// registerWords are those of first contact, and of what is kept of her.
func registerWords() []word { return nil }

func registerVerbs() map[string]func(*chat, string) (Reply, error) {
	return map[string]func(*chat, string) (Reply, error){
		"what": func(c *chat, _ string) (Reply, error) { return c.menu(sayWhatFor) },
	}
}

// forWhom returns for which of her family a resident's service is meant; she has
// signed up by then, and has agreed to the set that the service needs. When
// something had to be asked first, asked is true and r is the question; then
// ("约号 28号") is said again by itself once that is answered.
func (c *chat) forWhom(set storage.Set, then string) (resident string, r Reply, asked bool, err error) {
	if len(c.who.Residents) == 0 {
		return "", Reply{}, false, storage.ErrNotFound
	}
	return c.who.Residents[0], Reply{}, false, nil
}
