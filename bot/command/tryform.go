package command

import (
	"context"
	"fmt"
	"slices"

	"xintiexin/bot/simulator"
	"xintiexin/flows"
	"xintiexin/flows/townform"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
)

// tryForm keeps a form that was dropped on the demo's page to be tried, on the
// open phone when it is one of the office, else on the first such phone.
func (a *app) tryForm(people []simulator.Persona) func(ctx context.Context, who, file string, src []byte) (simulator.Trial, error) {
	return func(ctx context.Context, who, file string, src []byte) (simulator.Trial, error) {
		openid, by, err := a.tester(ctx, who, people)
		if err != nil {
			return simulator.Trial{}, err
		}
		talk, err := flows.New()
		if err != nil {
			return simulator.Trial{}, err
		}
		f, _, err := townform.AddForm(talk, ctx, a.store, file, src, true, by, a.now())
		if err != nil {
			return simulator.Trial{}, fmt.Errorf("try form %s: %w", file, err)
		}
		var t simulator.Trial
		for _, x := range f.Findings {
			t.Findings = append(t.Findings, simulator.Finding{Text: x.String(), Marked: x.Marked(), Warning: x.Warning})
		}
		if !f.Fatal() && openid != "" {
			t.Title, t.Who, t.Say = f.Form.Title, openid, townform.TryWords(f.Form)
		}
		return t, nil
	}
}

// tester is who of the people may try a form: who herself before others; "" when
// nobody may.
func (a *app) tester(ctx context.Context, who string, people []simulator.Persona) (openid, by string, err error) {
	order := []string{who}
	for _, p := range people {
		order = append(order, p.OpenID)
	}
	known := func(id string) bool {
		return slices.ContainsFunc(people, func(p simulator.Persona) bool { return p.OpenID == id })
	}
	err = a.store.View(ctx, func(tx *record.Tx) error {
		for _, id := range order {
			if !known(id) {
				continue
			}
			p, err := person.Identify(tx, id)
			if err != nil {
				return err
			}
			if townform.MayTry(p) {
				openid, by = id, p.Cadre.ID
				return nil
			}
		}
		return nil
	})
	return openid, by, err
}
