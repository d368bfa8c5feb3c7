package command

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"xintiexin/storage/broadcasts"
	"xintiexin/storage/calendar"
	"xintiexin/storage/ops"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

// broadcast tells a text of the site's to many, as 群发 does in chat.
func (a *app) broadcast(ctx context.Context, flags *flag.FlagSet, args []string, out io.Writer) error {
	village := flags.String("village", "", "to the people of a village, by name or code")
	booked := flags.String("booked", "", "to who has booked for a day, 2027-01-31")
	away := flags.String("away", "", "to who is away there, 青岛")
	hearing := flags.Bool("hearing", false, "to who asked to be told of meetings")
	words, err := parse(flags, args)
	switch {
	case err != nil:
		return err
	case len(words) == 0:
		return a.listBroadcasts(ctx, out)
	case len(words) == 2 && words[0] == "release":
		return a.releaseBroadcast(ctx, words[1], out)
	case len(words) == 2 && words[0] == "stop":
		return a.stopBroadcast(ctx, words[1], out)
	case len(words) != 1:
		return wrongUsage("broadcast")
	}
	to := broadcasts.AudienceFilter{Away: *away, Hearing: *hearing}
	if to.Booked, err = calendar.ParseDay(*booked); err != nil {
		return err
	}
	given := slices.DeleteFunc([]string{*village, *booked, *away}, func(s string) bool { return s == "" })
	if *hearing {
		given = append(given, "hearing")
	}
	if len(given) != 1 {
		return errors.New("say to whom, by one of -village, -booked, -away and -hearing")
	}
	return a.prepareBroadcast(ctx, words[0], *village, to, out)
}

func (a *app) prepareBroadcast(ctx context.Context, text, village string, to broadcasts.AudienceFilter, out io.Writer) error {
	var random [8]byte
	if _, err := rand.Read(random[:]); err != nil {
		return err
	}
	cause, now := hex.EncodeToString(random[:]), a.now()
	var b broadcasts.Broadcast
	second := false
	err := a.store.Update(ctx, func(tx *record.Tx) (err error) {
		if village != "" {
			if to.Village, err = findVillage(tx, village); err != nil {
				return err
			}
		}
		if b, err = broadcasts.PrepareAs(tx, "", text, to, cause, now); err != nil {
			return err
		}
		second, err = broadcasts.NeedsSecond(tx, b)
		return err
	})
	if errors.Is(err, record.ErrNotFound) {
		return fmt.Errorf("the site has no text %q; see broadcast", text)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d people are told that there is something, and see when they ask:\n\n%s\n\n", b.Count, b.Words)
	if second {
		fmt.Fprintf(out, "within a day a clerk or an administrator lets it go in chat: 群发 %s\n", b.Code)
	} else {
		fmt.Fprintf(out, "in ten minutes, within a day: broadcast release %s\n", b.Code)
	}
	return nil
}

func findVillage(tx *record.Tx, name string) (id string, err error) {
	all, err := person.Villages(tx)
	if err != nil {
		return "", err
	}
	for _, v := range all {
		if v.ID == name || v.Name == name {
			return v.ID, nil
		}
	}
	return "", fmt.Errorf("no village is called %s", name)
}

func (a *app) releaseBroadcast(ctx context.Context, code string, out io.Writer) error {
	var b broadcasts.Broadcast
	now := a.now()
	err := a.store.Update(ctx, func(tx *record.Tx) (err error) {
		b, err = broadcasts.ApproveAs(tx, "", code, now)
		return err
	})
	switch {
	case errors.Is(err, record.ErrNotFound):
		return errors.New("nothing of the last day waits for this code")
	case errors.Is(err, ops.ErrSecond):
		return fmt.Errorf("it was prepared here: a clerk or an administrator lets it go in chat, 群发 %s", code)
	case errors.Is(err, broadcasts.ErrEarly):
		return errors.New("not before ten minutes are over")
	case err != nil:
		return err
	}
	fmt.Fprintf(out, "%d people are told from %s on; broadcast stop %s takes back what is not sent\n", b.Count, stampOf(b.Start), b.ID)
	return nil
}

func (a *app) stopBroadcast(ctx context.Context, id string, out io.Writer) error {
	n := 0
	err := a.store.Update(ctx, func(tx *record.Tx) (err error) {
		n, err = broadcasts.Stop(tx, id, a.now())
		return err
	})
	if errors.Is(err, record.ErrNotFound) {
		return fmt.Errorf("no broadcast %q; see broadcast", id)
	}
	if err == nil {
		fmt.Fprintf(out, "%d are not sent\n", n)
	}
	return err
}

// listBroadcasts writes which texts can be told, and how what was told stands.
func (a *app) listBroadcasts(ctx context.Context, out io.Writer) error {
	var lines []string
	err := a.store.View(ctx, func(tx *record.Tx) error {
		lines = nil
		site, err := townconfig.Current(tx)
		if err != nil {
			return err
		}
		for _, n := range slices.Sorted(maps.Keys(site.Texts)) {
			if strings.HasPrefix(n, "broadcast_") {
				first, _, _ := strings.Cut(site.Texts[n], "\n")
				lines = append(lines, n+"  "+first)
			}
		}
		if len(lines) == 0 {
			lines = []string{"the site has no text that begins with broadcast_"}
		}
		all, err := broadcasts.All(tx, a.now())
		if err != nil {
			return err
		}
		for _, b := range all {
			line, err := figuresOf(tx, b)
			if err != nil {
				return err
			}
			lines = append(lines, line)
		}
		return nil
	})
	if err == nil {
		fmt.Fprintln(out, strings.Join(lines, "\n"))
	}
	return err
}

func figuresOf(tx *record.Tx, b broadcasts.Broadcast) (string, error) {
	head := fmt.Sprintf("%s  %s  %s", b.ID, stampOf(b.At), b.Text)
	if b.Released == 0 {
		return head + "  not released", nil
	}
	f, err := broadcasts.StatsOf(tx, b)
	return fmt.Sprintf("%s  %d: waiting %d, sent %d, delivered %d, with the next reply %d, missed %d, stopped %d; unsubscribed %d",
		head, b.Count, f.Waiting, f.Sent, f.Delivered, f.Owed, f.Missed, f.Stopped, f.Unsubscribed), err
}

func stampOf(at int64) string {
	return time.Unix(at, 0).In(calendar.Zone).Format("2006-01-02 15:04")
}
