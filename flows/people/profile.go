package people

import (
	"fmt"
	"time"

	"xintiexin/flows/dialog"
	"xintiexin/storage/access"
	"xintiexin/storage/calendar"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
)

func profileWords() []dialog.Keyword {
	return []dialog.Keyword{{Text: "看登记", For: dialog.Anyone, Do: profile}}
}

func profileVerbs() map[string]func(*dialog.Turn, string) (dialog.Reply, error) {
	return map[string]func(*dialog.Turn, string) (dialog.Reply, error){
		"profile":       showProfile,
		"profile-right": func(*dialog.Turn, string) (dialog.Reply, error) { return dialog.Reply{Text: sayProfileRight}, nil },
		"profile-edit":  editProfile,
		"profile-never": func(c *dialog.Turn, id string) (dialog.Reply, error) { return askProfiles(c, id, true) },
		"profile-again": func(c *dialog.Turn, id string) (dialog.Reply, error) { return askProfiles(c, id, false) },
	}
}

// profile is 看登记: what is registered of her; of several in her family it is asked
// whose.
func profile(c *dialog.Turn, _ string) (dialog.Reply, error) {
	return dialog.OfFamily(c, showProfile, sayProfileWhose, "profile")
}

// myProfile answers 看 of somebody who was asked to look; ok is false for all others.
func myProfile(c *dialog.Turn) (r dialog.Reply, ok bool, err error) {
	for _, id := range c.Who.Residents {
		day, err := enrolment.ProfileAsked(c.Scope, id, c.Today)
		if dialog.IsNotFound(err) || err == nil && day == 0 {
			continue
		}
		if err != nil {
			return dialog.Reply{}, false, err
		}
		r, err := showProfile(c, id)
		return r, true, err
	}
	return dialog.Reply{}, false, nil
}

// showProfile shows what is registered of one of the family, once for each asking.
func showProfile(c *dialog.Turn, id string) (dialog.Reply, error) {
	r, err := c.Scope.Mine(id)
	if dialog.IsNotFound(err) {
		return c.Menu(dialog.SayGone)
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	if err := enrolment.ProfileSeen(c.Scope, id); err != nil {
		return dialog.Reply{}, err
	}
	said := ""
	if c.S.Flow != "" { // it can be gone on with
		parked, err := c.Park()
		if err != nil {
			return dialog.Reply{}, err
		}
		said = parked.Text
	}
	phone, village := sayProfileNoPhone, sayProfileNoVillage
	if r.Tail() != "" {
		phone = fmt.Sprintf(sayProfilePhone, r.Tail())
	}
	if r.Village != "" {
		v, err := person.LoadVillage(c.Tx, r.Village)
		if err != nil {
			return dialog.Reply{}, err
		}
		village = fmt.Sprintf(dialog.PickWord(r.Shown, sayProfileShown, sayProfileHidden), v.Name)
	}
	last := dialogstate.Option{Label: labelProfileNever, Do: "profile-never " + id}
	if r.NoProfile {
		last = dialogstate.Option{Label: labelProfileAgain, Do: "profile-again " + id}
	}
	return c.Offer(dialog.Join(said, fmt.Sprintf(sayProfile, r.Name, phone), village, sayProfileFine),
		dialogstate.Option{Label: labelProfileRight, Do: "profile-right"}, dialogstate.Option{Label: labelProfileEdit, Do: "profile-edit " + id}, last), nil
}

// editProfile sends her page, where she mends what is not so.
func editProfile(c *dialog.Turn, id string) (dialog.Reply, error) {
	token, err := access.NewLink(c.Scope, "mine", id, "", c.M.ID+id, c.M.At)
	if dialog.IsNotFound(err) {
		return c.Menu(dialog.SayGone)
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	return dialog.Reply{Links: []dialog.Link{{Label: sayMineLink, Path: "/p/" + token}}}, nil
}

func askProfiles(c *dialog.Turn, id string, never bool) (dialog.Reply, error) {
	if err := enrolment.NoProfiles(c.Scope, id, never); dialog.IsNotFound(err) {
		return c.Menu(dialog.SayGone)
	} else if err != nil {
		return dialog.Reply{}, err
	}
	return dialog.Reply{Text: dialog.PickWord(never, sayProfileNever, sayProfileAgain)}, nil
}

// profileNotice returns the words by which she is asked to look: not what stands
// there. ok is false for other kinds.
func profileNotice(d outbox.Delivery) dialog.Words {
	if d.Kind != "profile" {
		return dialog.Words{}
	}
	day, _ := calendar.ParseDay(d.Facts["day"])
	at := time.Unix(d.Earliest, 0).In(calendar.Zone).Format("2006年1月2日 15:04")
	return dialog.Card("您的登记可以看一看，回复“看”。\n没变不用回，不想收回复 T。", "您的登记可以看一看", at, "请回复 看，退订回T", day)
}
