package visit

import (
	"fmt"
	"strings"

	"xintiexin/flows/dates"
	"xintiexin/flows/dialog"
	"xintiexin/flows/subject"
	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/followups"
	"xintiexin/storage/purpose"
	visitsstore "xintiexin/storage/visits"
)

// visitPlanned agrees on a day for a visit to come: it is on the day's list then, and no
// visit is kept.
func visitPlanned(c *dialog.Turn, s dialog.Understood) (dialog.Reply, error) {
	names := s.All("who")
	if len(names) == 0 {
		return dialog.Reply{Text: sayPlanWhom}, nil
	}
	from, to, ranged := strings.Cut(s.Str("day"), "/")
	on := ""
	if day, err := calendar.ParseDay(from); err == nil && day >= c.Today && (!ranged || from == to) {
		on = day.String()
	}
	if len(names) > 1 && on != "" {
		return planSeveral(c, names, on)
	}
	id, r, err := whom(c, names[0], strings.TrimSpace("plan-ask "+on))
	if err != nil || id == "" {
		return r, err
	}
	return planAsk(c, strings.TrimSpace(on+" "+id))
}

func planSeveral(c *dialog.Turn, names []string, on string) (dialog.Reply, error) {
	var said []string
	var last dialog.Reply
	day, _ := calendar.ParseDay(on)
	var ids []string
	for _, n := range names {
		id, r, err := whom(c, n, "plan-ask "+on)
		if err != nil {
			return dialog.Reply{}, err
		}
		if id == "" {
			last = r
			continue
		}
		may, why, err := mayPlan(c, id)
		if err != nil {
			return dialog.Reply{}, err
		}
		if !may {
			said = append(said, why)
			continue
		}
		ids = append(ids, id)
	}
	line, err := agreeOn(c, day, ids)
	if err != nil {
		return dialog.Reply{}, err
	}
	last.Text = dialog.Join(append([]string{line}, append(said, last.Text)...)...)
	return last, nil
}

// mayPlan reports whether a day may be agreed on with somebody, and why not.
func mayPlan(c *dialog.Turn, id string) (ok bool, why string, err error) {
	r, err := c.Scope.Resident(id)
	if err != nil {
		return false, "", err
	}
	agreed, err := consent.Get(c.Scope, id, purpose.VisitRecord)
	switch {
	case err != nil:
		return false, "", err
	case r.NoVisit:
		return false, fmt.Sprintf(sayPlanNoVisit, subject.Brief(r)), nil
	case !agreed.Given():
		return false, fmt.Sprintf(sayPlanUnasked, subject.Brief(r), r.Name), nil
	}
	return true, "", nil
}

// planAsk agrees on the day that was said ("2026-12-03 <id>"), or asks for it.
func planAsk(c *dialog.Turn, rest string) (dialog.Reply, error) {
	on, id, dated := strings.Cut(rest, " ")
	if !dated {
		id, on = on, ""
	}
	may, why, err := mayPlan(c, id)
	if dialog.IsNotFound(err) {
		return c.Menu(dialog.SayGone)
	}
	if err != nil || !may {
		return dialog.Reply{Text: why}, err
	}
	if on != "" {
		day, err := calendar.ParseDay(on)
		if err != nil {
			return dialog.Reply{}, fmt.Errorf("day of a plan: %w", err)
		}
		said, err := agreeOn(c, day, []string{id})
		return dialog.Reply{Text: said}, err
	}
	r, err := c.Scope.Resident(id)
	if err != nil {
		return dialog.Reply{}, err
	}
	var offers []dialogstate.Option
	for _, day := range []calendar.Day{c.Today + 1, c.Today + 2, nextMonday(c.Today)} {
		offers = append(offers, dialogstate.Option{Label: day.Chinese(), Do: "plan-ask " + day.String() + " " + id})
	}
	return c.Offer(fmt.Sprintf(sayPlanWhen, subject.Brief(r)), append(offers, dialogstate.Option{Label: labelNoPlan, Do: "none"})...), nil
}

func nextMonday(today calendar.Day) calendar.Day {
	day := today + 3
	for day.Weekday() != 1 {
		day++
	}
	return day
}

// planDaySaid reads the day of a plan that is asked for.
func planDaySaid(c *dialog.Turn, text string) (dialog.Reply, bool, error) {
	rest := strings.TrimPrefix(c.S.Offers[0].Do, "plan-ask ")
	_, id, ok := strings.Cut(rest, " ")
	d := dates.Date(text, c.Today, dates.Future)
	if !ok || d.Day == 0 || d.Day < c.Today {
		return dialog.Reply{}, false, nil
	}
	c.S.Offers = nil
	r, err := planAsk(c, d.Day.String()+" "+id)
	return r, true, err
}

// agreeOn books the visits of a day; one that was agreed on already is moved.
func agreeOn(c *dialog.Turn, day calendar.Day, ids []string) (string, error) {
	if len(ids) == 0 {
		return "", nil
	}
	var names []string
	for _, id := range ids {
		r, err := c.Scope.Resident(id)
		if err != nil {
			return "", err
		}
		names = append(names, subject.Brief(r))
	}
	said := fmt.Sprintf(sayPlanned, day.Chinese(), strings.Join(names, "、"))
	err := c.Undoable(fmt.Sprintf(sayPlanTitle, strings.Join(names, "、"), day.Short()), func() error {
		for _, id := range ids {
			if err := agreeOnOne(c, day, id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("agree on a visit: %w", err)
	}
	return said, nil
}

func agreeOnOne(c *dialog.Turn, day calendar.Day, id string) error {
	open, err := visitsstore.OpenFollowUps(c.Scope, id)
	if err != nil {
		return err
	}
	for _, f := range open {
		if f.Kind == "visit" && f.Plan == "" {
			f.Due = day
			if err := visitsstore.Postpone(c.Scope, f, day); err != nil {
				return err
			}
			return remind(c, f)
		}
	}
	f, err := visitsstore.AddFollowUp(c.Scope, followups.FollowUp{Resident: id, Kind: "visit", Due: day, Asked: c.Today, Contact: c.Who.Cadre.ID}, c.M.ID+"/plan/"+id)
	if err != nil {
		return err
	}
	return remind(c, f)
}
