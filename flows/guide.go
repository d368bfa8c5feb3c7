package flows

func guideWords() []word { return nil }

func guideVerbs() map[string]func(*chat, string) (Reply, error) { return nil }

// danger answers words that say that somebody may be in danger, before anything
// else and in every state (domain.md 8.5); ok is false where none are.
func (c *chat) danger(text string) (r Reply, ok bool, err error) { return Reply{}, false, nil }
