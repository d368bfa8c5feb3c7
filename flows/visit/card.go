package visit

import (
	"fmt"
	"strings"

	"xintiexin/flows/dialog"
	"xintiexin/flows/subject"
	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/migration"
	"xintiexin/storage/purpose"
	visitsstore "xintiexin/storage/visits"
)

// find is 查人: a person's card.
func find(c *dialog.Turn, rest string) (dialog.Reply, error) {
	if rest == "" {
		return dialog.Reply{Text: sayFindWhom}, nil
	}
	r, ok, err := byName(c, rest)
	if err != nil || ok {
		return r, err
	}
	return dialog.Reply{Text: fmt.Sprintf(dialog.SayNoSuchName, rest)}, nil
}

// byName answers a bare name, phone tail or house with the person's card.
func byName(c *dialog.Turn, text string) (dialog.Reply, bool, error) {
	q, ok := subject.Query(text)
	if !ok || len([]rune(text)) > 12 {
		return dialog.Reply{}, false, nil
	}
	hits, err := c.Scope.FindResidents(q, 9)
	if err != nil || len(hits) == 0 {
		return dialog.Reply{}, false, err
	}
	if len(hits) == 1 && hits[0].Rank != 2 {
		r, err := card(c, hits[0].ID)
		return r, true, err
	}
	offers := make([]dialogstate.Option, 0, len(hits))
	for _, h := range hits[:min(len(hits), 8)] {
		offers = append(offers, dialogstate.Option{Label: subject.Label(h.Resident), Do: "card " + h.ID})
	}
	said := fmt.Sprintf(dialog.SayHits, text, len(offers))
	if len(hits) > len(offers) {
		said += dialog.SayFewer
	}
	return c.Offer(said, append(offers, dialogstate.Option{Label: dialog.SayNotHer, Do: "none"})...), true, nil
}

// card shows a person with the last visits and what can be done. Of somebody who
// agreed to nothing it shows the directory line alone.
func card(c *dialog.Turn, id string) (dialog.Reply, error) {
	r, err := c.Scope.Open(id, c.M.At)
	if dialog.IsNotFound(err) {
		return c.Menu(dialog.SayGone)
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	lines := []string{subject.Label(r)}
	agreed, err := consent.Get(c.Scope, id, purpose.VisitRecord)
	if err != nil {
		return dialog.Reply{}, err
	}
	gone, err := migration.Open(c.Scope, id)
	if err != nil {
		return dialog.Reply{}, err
	}
	if agreed.Given() {
		visits, err := visitsstore.List(c.Scope, id, 3)
		if err != nil {
			return dialog.Reply{}, err
		}
		for _, v := range visits {
			lines = append(lines, visitLine(c, v))
		}
		if len(visits) == 0 {
			lines = append(lines, sayNoRecord)
		}
	}
	offers := []dialogstate.Option{{Label: dialog.LabelVisit, Do: "visit " + id}}
	open, err := visitsstore.OpenFollowUps(c.Scope, id)
	if err != nil {
		return dialog.Reply{}, err
	}
	waits := false
	for _, f := range open[:min(len(open), 3)] {
		if f.Kind == "back" {
			lines = append(lines, promised(c, f))
			continue
		}
		waits = waits || f.Kind == "answer"
		what := promised(c, f)
		if text := []rune(f.Text); f.Kind == "answer" && len(text) > 0 {
			what += "：" + string(text[:min(len(text), 8)])
		}
		offers = append(offers, dialogstate.Option{Label: what, Do: "due " + id + "/" + f.ID})
	}
	asked, err := dialog.DayOffers(c, false, 1<<30)
	if err != nil {
		return dialog.Reply{}, err
	}
	for _, o := range asked {
		if strings.HasPrefix(o.Do, "ask "+id+"/") && len(offers) < 4 {
			waits = true
			offers = append(offers, dialogstate.Option{Label: strings.TrimPrefix(o.Label, subject.Brief(r)+" "), Do: o.Do})
		}
	}
	if waits {
		offers = append(offers, dialogstate.Option{Label: dialog.LabelAskList, Do: "list-pick " + id + " "})
	}
	if gone.ID != "" {
		lines = append(lines, fmt.Sprintf(elsewhere, strings.TrimSpace(gone.Place+" "+gone.Expected)))
		offers = append(offers, dialogstate.Option{Label: labelBack, Do: "back " + id})
	} else {
		offers = append(offers, dialogstate.Option{Label: dialog.LabelAway, Do: "away " + id})
	}
	return c.Offer(dialog.Join(lines...), offers...), nil
}

func visitLine(c *dialog.Turn, v visitsstore.Visit) string {
	f := c.T.Flow("visit").Form
	return fmt.Sprintf("%s %s，%s", v.Day.Chinese(), f.ChoiceLabel("kind", v.Kind), f.ChoiceLabel("finding", v.Finding))
}

// changeable is 改记录: her own last records.
func changeable(c *dialog.Turn, _ string) (dialog.Reply, error) {
	mine, err := visitsstore.Mine(c.Scope, c.Today-60, 5)
	if err != nil {
		return dialog.Reply{}, err
	}
	written, err := dialog.Changes(c, max(1, 5-len(mine)))
	if err != nil {
		return dialog.Reply{}, err
	}
	if len(mine)+len(written) == 0 {
		return c.Menu(sayNoChange)
	}
	offers := make([]dialogstate.Option, len(mine))
	for i, v := range mine {
		r, err := c.Scope.Resident(v.Resident)
		if err != nil {
			return dialog.Reply{}, err
		}
		offers[i] = dialogstate.Option{Label: subject.Brief(r) + " " + v.Day.Chinese(), Do: "change " + v.Resident + "/" + v.Day.String() + "/" + v.ID}
	}
	return c.Offer(sayWhichChange, append(offers, written...)...), nil
}

// change opens a record of hers as a summary in which lines can be changed.
func change(c *dialog.Turn, ref string) (dialog.Reply, error) {
	v, err := visitAt(c, ref)
	if dialog.IsNotFound(err) {
		return c.Menu(dialog.SayGone)
	}
	if err != nil {
		return dialog.Reply{}, err
	}
	known := map[string]string{
		"editing": ref, "resident": v.Resident, "day": v.Day.String(), "way": v.Way, "kind": v.Kind, "finding": v.Finding,
		"need": v.Need, "next": v.Next.String(), "note": v.Note, "consent_state": "given",
	}
	for name, value := range dialog.ByName(v.Extra) { // a town's own questions
		if _, ours := known[name]; !ours {
			known[name] = value
		}
	}
	return c.StartWith(c.T.Flow("visit"), "", known)
}

func visitAt(c *dialog.Turn, ref string) (visitsstore.Visit, error) {
	p := strings.Split(ref, "/")
	if len(p) != 3 {
		return visitsstore.Visit{}, fmt.Errorf("record %q: not a visit", ref)
	}
	day, err := calendar.ParseDay(p[1])
	if err != nil {
		return visitsstore.Visit{}, err
	}
	return visitsstore.Get(c.Scope, p[0], day, p[2])
}
