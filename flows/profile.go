package flows

import (
	"fmt"
	"time"

	"xintiexin/storage/access"
	"xintiexin/storage/calendar"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
)

func profileWords() []word { return []word{{"看登记", anyone, (*chat).profile}} }

func profileVerbs() map[string]func(*chat, string) (Reply, error) {
	return map[string]func(*chat, string) (Reply, error){
		"profile":       (*chat).showProfile,
		"profile-right": func(*chat, string) (Reply, error) { return Reply{Text: sayProfileRight}, nil },
		"profile-edit":  (*chat).editProfile,
		"profile-never": func(c *chat, id string) (Reply, error) { return c.askProfiles(id, true) },
		"profile-again": func(c *chat, id string) (Reply, error) { return c.askProfiles(id, false) },
	}
}

// profile is 看登记: what is registered of her; of several in her family it is asked
// whose.
func (c *chat) profile(string) (Reply, error) {
	return c.ofFamily((*chat).showProfile, sayProfileWhose, "profile")
}

// myProfile answers 看 of somebody who was asked to look; ok is false for all others.
func (c *chat) myProfile() (r Reply, ok bool, err error) {
	for _, id := range c.who.Residents {
		day, err := enrolment.ProfileAsked(c.scope, id, c.today)
		if isNotFound(err) || err == nil && day == 0 {
			continue
		}
		if err != nil {
			return Reply{}, false, err
		}
		r, err := c.showProfile(id)
		return r, true, err
	}
	return Reply{}, false, nil
}

// showProfile shows what is registered of one of the family, once for each asking.
func (c *chat) showProfile(id string) (Reply, error) {
	r, err := c.scope.Mine(id)
	if isNotFound(err) {
		return c.menu(sayGone)
	}
	if err != nil {
		return Reply{}, err
	}
	if err := enrolment.ProfileSeen(c.scope, id); err != nil {
		return Reply{}, err
	}
	said := ""
	if c.s.Flow != "" { // it can be gone on with
		parked, err := c.park()
		if err != nil {
			return Reply{}, err
		}
		said = parked.Text
	}
	phone, village := sayProfileNoPhone, sayProfileNoVillage
	if r.Tail() != "" {
		phone = fmt.Sprintf(sayProfilePhone, r.Tail())
	}
	if r.Village != "" {
		v, err := person.LoadVillage(c.tx, r.Village)
		if err != nil {
			return Reply{}, err
		}
		village = fmt.Sprintf(pickWord(r.Shown, sayProfileShown, sayProfileHidden), v.Name)
	}
	last := dialogstate.Option{Label: labelProfileNever, Do: "profile-never " + id}
	if r.NoProfile {
		last = dialogstate.Option{Label: labelProfileAgain, Do: "profile-again " + id}
	}
	return c.offer(join(said, fmt.Sprintf(sayProfile, r.Name, phone), village, sayProfileFine),
		dialogstate.Option{Label: labelProfileRight, Do: "profile-right"}, dialogstate.Option{Label: labelProfileEdit, Do: "profile-edit " + id}, last), nil
}

// editProfile sends her page, where she mends what is not so.
func (c *chat) editProfile(id string) (Reply, error) {
	token, err := access.NewLink(c.scope, "mine", id, "", c.m.ID+id, c.m.At)
	if isNotFound(err) {
		return c.menu(sayGone)
	}
	if err != nil {
		return Reply{}, err
	}
	return Reply{Links: []Link{{Label: sayMineLink, Path: "/p/" + token}}}, nil
}

func (c *chat) askProfiles(id string, never bool) (Reply, error) {
	if err := enrolment.NoProfiles(c.scope, id, never); isNotFound(err) {
		return c.menu(sayGone)
	} else if err != nil {
		return Reply{}, err
	}
	return Reply{Text: pickWord(never, sayProfileNever, sayProfileAgain)}, nil
}

// profileNotice returns the words by which she is asked to look: not what stands
// there. ok is false for other kinds.
func profileNotice(d outbox.Delivery) Words {
	if d.Kind != "profile" {
		return Words{}
	}
	day, _ := calendar.ParseDay(d.Facts["day"])
	at := time.Unix(d.Earliest, 0).In(calendar.Zone).Format("2006年1月2日 15:04")
	return card("您的登记可以看一看，回复“看”。\n没变不用回，不想收回复 T。", "您的登记可以看一看", at, "请回复 看，退订回T", day)
}
