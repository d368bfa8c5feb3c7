package command

import (
	"context"
	"flag"
	"fmt"
	"io"

	"xintiexin/storage/handovers"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
)

// villageCommand merges one village into another: from then on whoever serves either
// serves both, and its people follow page by page, by the clock, whatever stops the
// program in between.
func (a *app) villageCommand(ctx context.Context, flags *flag.FlagSet, args []string, out io.Writer) error {
	yes := flags.Bool("yes", false, "do it; without it nothing is changed")
	words, err := parse(flags, args)
	if err != nil {
		return err
	}
	if len(words) != 3 || words[0] != "merge" {
		return wrongUsage("village")
	}
	var from, into person.Village
	merge := func(tx *record.Tx) error {
		if from, err = standingVillage(tx, words[1]); err != nil {
			return err
		}
		if into, err = standingVillage(tx, words[2]); err != nil {
			return err
		}
		if !*yes {
			return nil
		}
		return person.MergeVillages(tx, from.ID, into.ID)
	}
	if !*yes {
		if err := a.store.View(ctx, merge); err != nil {
			return err
		}
		fmt.Fprintf(out, "%s (%s) would become part of %s (%s), for good; add -yes\n", from.Name, from.ID, into.Name, into.ID)
		return nil
	}
	if err := a.store.Update(ctx, merge); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s is part of %s; its people follow by the job “village merges”\n", from.Name, into.Name)
	return nil
}

// standingVillage returns the village of a code, or the one of a name.
func standingVillage(tx *record.Tx, name string) (person.Village, error) {
	all, err := person.Villages(tx)
	if err != nil {
		return person.Village{}, err
	}
	var hits []person.Village
	for _, v := range all {
		if v.ID == name || v.Name == name && v.MergedInto == "" {
			hits = append(hits, v)
		}
	}
	if len(hits) != 1 {
		return person.Village{}, fmt.Errorf("%d standing villages are called %s; take the code", len(hits), name)
	}
	return hits[0], nil
}

// handOverCommand lists the work that is on its way from one of the office to another.
func (a *app) handOverCommand(ctx context.Context, flags *flag.FlagSet, args []string, out io.Writer) error {
	words, err := parse(flags, args)
	if err != nil {
		return err
	}
	if len(words) != 0 {
		return wrongUsage("handover")
	}
	return a.store.View(ctx, func(tx *record.Tx) error {
		open, err := handovers.All(tx)
		if err != nil {
			return err
		}
		for _, h := range open {
			fmt.Fprintln(out, h)
		}
		if len(open) == 0 {
			fmt.Fprintln(out, "nothing is being handed over")
		}
		return nil
	})
}
