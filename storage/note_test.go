package storage_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"xintiexin/storage"
	"xintiexin/storage/access"
	"xintiexin/storage/calendar"
	"xintiexin/storage/outbox"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/questions"
	"xintiexin/storage/record"
)

// asks puts a question into the box.
func (w *world) asks(openid, cause string, at time.Time) (n questions.AnonymousQuestion, err error) {
	w.t.Helper()
	err = w.refusal(openid, func(s personstore.Scope) (err error) {
		n, err = questions.Ask(s, "这样正常吗", cause, at)
		return err
	})
	return n, err
}

// due are the pushes of a kind that are booked, by whom they are for, and when.
func (w *world) due(kind string) (out []string) {
	w.t.Helper()
	w.update(func(tx *record.Tx) error {
		out = nil
		all, err := outbox.DueDeliveries(tx, now.AddDate(1, 0, 0), 1000)
		for _, d := range all {
			if d.Kind == kind {
				out = append(out, fmt.Sprintf("%s %s %s", d.To, time.Unix(d.Earliest, 0).In(calendar.Zone).Format("01-02 15:04"), d.Facts["count"]))
			}
		}
		return err
	})
	return out
}

func TestNothingInTheBoxSaysWhoAsked(t *testing.T) {
	w := newWorld(t)
	n, err := w.asks("ostranger", "m1", now)
	if err != nil || len(n.Number) != 4 || n.Number[0] == '0' {
		t.Fatalf("%+v, %v", n, err)
	}
	if strings.Contains(w.dump(), "ostranger") {
		t.Error("the store knows who asked")
	}
	if again, err := w.asks("ostranger", "m1", now); !errors.Is(err, record.ErrAlreadyExists) || again.Number != n.Number {
		t.Errorf("the same page sent twice: %q, %v", again.Number, err)
	}
	for _, openid := range []string{"oa", "oc", "od", "oother", ""} {
		if err := w.refusal(openid, func(s personstore.Scope) error { _, err := questions.Mine(s, n.Number); return err }); !errors.Is(err, record.ErrNotFound) {
			t.Errorf("%q reads it: %v", openid, err)
		}
	}
	for _, openid := range []string{"oa", "oc"} {
		if err := w.refusal(openid, func(s personstore.Scope) error { _, err := questions.Waiting(s); return err }); !errors.Is(err, record.ErrScope) {
			t.Errorf("%s sees that somebody asked: %v", openid, err)
		}
	}
	w.update(func(tx *record.Tx) error { // a village doctor is the village's too
		e := personstore.Staff{ID: "e", Name: "村医", Villages: []string{jia}, Roles: []personstore.Role{personstore.Clinician, personstore.VillageWorker}}
		return errors.Join(personstore.PutStaff(tx, e), access.Bind(tx, "oe", "e"))
	})
	if err := w.refusal("oe", func(s personstore.Scope) error { _, err := questions.Get(s, n.Number); return err }); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("a village doctor: %v", err)
	}
}

func TestThreeQuestionsADay(t *testing.T) {
	w := newWorld(t)
	numbers := map[string]bool{}
	for i := range 3 {
		n, err := w.asks("ox", fmt.Sprint(i), now)
		if err != nil {
			t.Fatal(err)
		}
		numbers[n.Number] = true
	}
	if len(numbers) != 3 {
		t.Errorf("numbers: %v", numbers)
	}
	if _, err := w.asks("ox", "4", now.Add(time.Hour)); !errors.Is(err, record.ErrRateLimited) {
		t.Errorf("the fourth: %v", err)
	}
	if _, err := w.asks("oy", "4", now); err != nil {
		t.Errorf("another: %v", err)
	}
	if _, err := w.asks("ox", "4", now.AddDate(0, 0, 1)); err != nil {
		t.Errorf("the next day: %v", err)
	}
}

// TestNumbersDoNotCollide fills a good part of all numbers there are.
func TestNumbersDoNotCollide(t *testing.T) {
	w := newWorld(t)
	w.update(func(tx *record.Tx) error {
		seen := map[string]bool{}
		for i := range 2000 {
			s, err := personstore.ScopeOf(tx, personstore.Person{OpenID: fmt.Sprint("o", i)})
			if err != nil {
				return err
			}
			n, err := storage.NumberForTest(s, fmt.Sprint(i))
			if err != nil || seen[n] {
				t.Fatalf("%d: %s, %v", i, n, err)
			}
			seen[n] = true
		}
		return nil
	})
}

// TestByWhenAQuestionIsAnswered: the working day after the one on which it is seen.
func TestByWhenAQuestionIsAnswered(t *testing.T) {
	for _, c := range []struct{ asked, due string }{
		{"2027-02-20 22:10", "2027-02-23"}, // a Saturday night, seen on Monday
		{"2027-02-22 08:40", "2027-02-23"},
		{"2027-02-22 19:00", "2027-02-24"}, // after the desk closed: seen on Tuesday
		{"2027-02-26 10:00", "2027-03-01"}, // over the weekend
	} {
		at, err := time.ParseInLocation("2006-01-02 15:04", c.asked, calendar.Zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := questions.NoteDue(calendar.Holidays{}, at).String(); got != c.due {
			t.Errorf("%s: %s, want %s", c.asked, got, c.due)
		}
	}
}

func TestCliniciansAreToldACountAtTheirHours(t *testing.T) {
	w := newWorld(t)
	at := calendar.Date(2027, 2, 20).At(22, 10) // Saturday
	a, err := w.asks("ox", "1", at)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(w.due("note_waiting")); got != "[c:d 02-22 08:30 1 c:d 02-23 08:30 1 c:d 02-24 08:30 1]" {
		t.Error(got)
	}
	b, err := w.asks("oy", "2", at)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(w.due("note_waiting")); got != "[c:d 02-22 08:30 2 c:d 02-23 08:30 2 c:d 02-24 08:30 2]" {
		t.Error("two of them:", got)
	}
	w.as("od", func(s personstore.Scope) error { _, err := questions.Take(s, a.Number, at); return err })
	if got := w.due("note_waiting"); len(got) != 3 || !strings.HasSuffix(got[0], " 1") {
		t.Error("one taken:", got)
	}
	w.as("oy", func(s personstore.Scope) error { return questions.Delete(s, b.Number, at) })
	if got := w.due("note_waiting"); len(got) != 0 {
		t.Error("none left:", got)
	}
}

func TestOneMessageWhenThereIsAnAnswer(t *testing.T) {
	w := newWorld(t)
	n, err := w.asks("ox", "1", now)
	if err != nil {
		t.Fatal(err)
	}
	w.as("ox", func(s personstore.Scope) error { return questions.TellAnswer(s, n.Number, true) })
	if !strings.Contains(w.dump(), "ox") {
		t.Fatal("nobody is to be told")
	}
	answer := func(text string) {
		w.as("od", func(s personstore.Scope) error { _, err := questions.Answer(s, n.Number, text, now); return err })
	}
	answer("正常")
	answer("正常的") // answered anew before it was read
	if got := fmt.Sprint(w.due("note_answered")); got != "[w:ox 12-02 10:20 ]" {
		t.Error(got)
	}
	for line := range strings.Lines(w.dump()) {
		if strings.Contains(line, "ox") && strings.Contains(line, n.Number) {
			t.Errorf("a line names both: %s", line)
		}
	}
	w.as("ox", func(s personstore.Scope) error {
		read, err := questions.Read(s, n.Number, now)
		if read.Reply != "正常的" {
			t.Errorf("%+v", read)
		}
		return err
	})
	if left := w.due("note_answered"); len(left) != 0 || strings.Contains(w.dump(), "ox") {
		t.Error("read, and still to be told:", left)
	}
	if err := w.refusal("od", func(s personstore.Scope) error { _, err := questions.Answer(s, n.Number, "改", now); return err }); !errors.Is(err, record.ErrExpired) {
		t.Errorf("changed after it was read: %v", err)
	}
	w.as("ox", func(s personstore.Scope) error { return questions.Delete(s, n.Number, now) })
	if w.count("note/") != 0 {
		t.Error("deleted, and there")
	}
}

func TestQuestionsAreDeletedInTime(t *testing.T) {
	w := newWorld(t)
	purge := func(day calendar.Day) int {
		w.update(func(tx *record.Tx) error {
			for page := (record.Page{}); !page.Done; { // small pages
				var err error
				if page, _, err = questions.Purge(tx, page, 1, day.At(3, 40)); err != nil {
					return err
				}
			}
			return nil
		})
		return w.count("note/")
	}
	read, _ := w.asks("ox", "1", now)
	unread, _ := w.asks("ox", "2", now)
	if read.Number == "" || unread.Number == "" {
		t.Fatal("not asked")
	}
	w.as("od", func(s personstore.Scope) error { _, err := questions.Answer(s, read.Number, "正常", now); return err })
	w.as("ox", func(s personstore.Scope) error { _, err := questions.Read(s, read.Number, now); return err })
	w.link("ox", "", "l1", now)
	for _, c := range []struct {
		day  calendar.Day
		left int
	}{{today, 2}, {today + 6, 2}, {today + 7, 1}, {today + 59, 1}, {today + 60, 0}} {
		if got := purge(c.day); got != c.left {
			t.Errorf("after %d days: %d left, want %d", c.day-today, got, c.left)
		}
	}
	if n := w.count("note_"); n != 0 {
		t.Errorf("%d counts of days that are past", n)
	}
}

// TestWhoStandsInAnswers: the day is promised whoever is on leave; nobody else sees
// what is another's.
func TestWhoStandsInAnswers(t *testing.T) {
	w := newWorld(t)
	w.update(func(tx *record.Tx) (err error) {
		for _, id := range []string{"f", "g"} {
			err = errors.Join(err, personstore.PutStaff(tx, personstore.Staff{ID: id, Name: "医生", Roles: []personstore.Role{personstore.Clinician}}), access.Bind(tx, "o"+id, id))
		}
		return err
	})
	n, err := w.asks("ostranger", "m1", now)
	if err != nil {
		t.Fatal(err)
	}
	w.as("od", func(s personstore.Scope) error { _, err := questions.Take(s, n.Number, now); return err })
	sees := func(openid string) (out int) {
		w.as(openid, func(s personstore.Scope) error {
			all, err := questions.Waiting(s)
			out = len(all)
			return err
		})
		return out
	}
	if sees("od") != 1 || sees("of") != 0 {
		t.Fatalf("before: %d, %d", sees("od"), sees("of"))
	}
	w.handsOver("d", "f", today+7)
	if sees("of") != 1 || sees("og") != 0 {
		t.Errorf("who stands in sees %d, another %d", sees("of"), sees("og"))
	}
	answer := func(s personstore.Scope) error { _, err := questions.Answer(s, n.Number, "正常的", now); return err }
	if err := w.refusal("og", answer); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("another answers: %v", err)
	}
	w.as("of", answer)
}
