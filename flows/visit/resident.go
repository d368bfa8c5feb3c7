package visit

import (
	"fmt"

	"xintiexin/flows/dialog"
	"xintiexin/storage/calendar"
	"xintiexin/storage/followups"
	"xintiexin/storage/person"
	"xintiexin/storage/visits"
)

// agreedLines say what is agreed on with one of the family: visits, and questions that
// are looked into.
func agreedLines(c *dialog.Turn, r person.Resident) (lines []string, err error) {
	open, err := visits.OwnFollowUps(c.Tx, c.Who, r.ID)
	if err != nil {
		return nil, err
	}
	for _, f := range open {
		if f.Plan != "" || f.Kind == "consent" { // said by its plan, in her words; or asked of her cadre
			continue
		}
		who, err := c.ContactName(f.Contact)
		if err != nil {
			return nil, err
		}
		said := sayMineAnswer
		switch {
		case f.Declined != 0:
			lines = append(lines, fmt.Sprintf(sayMineDeclined, r.Name, who))
			continue
		case f.Kind == "visit":
			said = sayMineVisit
		}
		lines = append(lines, fmt.Sprintf(said, r.Name, who, answerBy(f).Chinese()+f.Part))
	}
	return lines, nil
}

// visitHow says by which word an agreed visit is changed.
func visitHow(c *dialog.Turn) (string, error) {
	visit, err := ownVisit(c)
	return dialog.PickWord(visit.ID != "", sayMineVisitHow, ""), err
}

// answerBy is the day of an agreed visit, or by which a question has its answer.
func answerBy(f followups.FollowUp) calendar.Day {
	if f.Kind == "answer" {
		return f.Asked + 7
	}
	return f.Due
}

// ownVisit is the next agreed visit of her family within a week; the zero FollowUp
// without one.
func ownVisit(c *dialog.Turn) (next followups.FollowUp, err error) {
	for _, id := range c.Who.Residents {
		open, err := visits.OwnFollowUps(c.Tx, c.Who, id)
		if err != nil {
			return next, err
		}
		for _, f := range open {
			if f.Kind == "visit" && f.Declined == 0 && f.Due <= c.Today+7 && (next.ID == "" || f.Due < next.Due) {
				next = f
			}
		}
	}
	return next, nil
}

// anotherDay takes a resident's word that the next agreed visit of her family
// does not suit them.
func anotherDay(c *dialog.Turn) (dialog.Reply, error) {
	next, err := ownVisit(c)
	if err != nil {
		return dialog.Reply{}, err
	}
	if next.ID == "" {
		return dialog.Reply{Text: dialog.SayNothingNew}, nil
	}
	if _, err := visits.Decline(c.Tx, next.Resident, next.Due, c.M.At); err != nil {
		return dialog.Reply{}, err
	}
	r, err := person.LoadResident(c.Tx, next.Resident)
	if err != nil {
		return dialog.Reply{}, err
	}
	who, err := c.ContactName(next.Contact)
	return dialog.Reply{Text: fmt.Sprintf(sayAnotherDay, r.Name, who)}, err
}
