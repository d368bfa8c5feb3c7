package storage_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"xintiexin/storage"
	"xintiexin/storage/bookings"
	"xintiexin/storage/broadcasts"
	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/documents"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/erasure"
	"xintiexin/storage/events"
	"xintiexin/storage/followups"
	"xintiexin/storage/migration"
	"xintiexin/storage/outbox"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/requests"
	"xintiexin/storage/townconfig"
	"xintiexin/storage/visits"
)

// purged runs the night's purge of a day and returns which keys went.
func (w *world) purged(day calendar.Day) (gone []string) {
	w.t.Helper()
	before := w.everything()
	counts, err := erasure.Purge(w.store, w.t.Context(), day)
	if err != nil {
		w.t.Fatal(err)
	}
	after := w.everything()
	for k := range before {
		if _, ok := after[k]; !ok {
			gone = append(gone, k)
		}
	}
	n := 0
	for _, c := range counts {
		n += c
	}
	if n > len(gone) {
		w.t.Errorf("it says %v and took %q", counts, gone)
	}
	slices.Sort(gone)
	return gone
}

// TestKeptForItsTime: on the last night before its time is over a record stays,
// on the next it goes, with all that leads to it.
func TestKeptForItsTime(t *testing.T) {
	unix := func(d calendar.Day) int64 { return d.At(10, 0).Unix() }
	for _, c := range []struct {
		name string
		days int
		put  func(w *world, id string)
		goes []string // beginnings of the keys that go
	}{
		{"a chat, after its last message", 30, func(w *world, id string) {
			w.put("session/ox", dialogstate.Session{Last: unix(today)})
		}, []string{"session/ox"}},
		{"a booking, after its day", 365, func(w *world, id string) {
			w.put("appointment/appt0001", bookings.Appointment{ID: "appt0001", Resident: id, Service: "checkup", Number: "1202-01", Day: today, Time: "08:30", State: bookings.Came})
			w.put("on/2026-12-02/checkup/08:30/appt0001", "")
			w.put("appointments/"+id+"/2026-12-02/appt0001", "")
			w.put("number/1202-01/2026-12-02", "appt0001")
		}, []string{"appointment/", "appointments/", "number/", "on/"}},
		{"a booking that was given up with the consent", 15, func(w *world, id string) {
			w.put("consent/"+id+"/C1/0000000001", consent.Consent{Resident: id, Set: purpose.Booking, Answer: personstore.No, At: unix(today), Withdrawn: unix(today)})
			w.put("appointment/appt0001", bookings.Appointment{ID: "appt0001", Resident: id, Service: "checkup", Day: today + 9, Time: "08:30", State: bookings.Cancelled})
		}, []string{"appointment/"}},
		{"a day on which she was asked back", 365, func(w *world, id string) {
			w.put("return/"+id+"/return01", bookings.Recall{ID: "return01", Resident: id, Day: today})
		}, []string{"return/"}},
		{"a seat at a meeting", 365, func(w *world, id string) {
			w.put("lecture/l1/"+id, events.LectureSeat{Lecture: "l1", Resident: id, Day: today})
		}, []string{"lecture/"}},
		{"that she is told of meetings, when she took her yes back", 15, func(w *world, id string) {
			w.put("consent/"+id+"/C1/0000000001", consent.Consent{Resident: id, Set: purpose.Booking, Answer: personstore.No, At: unix(today), Withdrawn: unix(today)})
			w.put("hears/"+id, events.Subscribers{Resident: id, At: unix(today)})
		}, []string{"hears/"}},
		{"who was told of released seats", 365, func(w *world, id string) {
			w.put("release/release1", broadcasts.Announcement{ID: "release1", Day: today})
			w.put("release_to/release1/"+id, "")
			w.put("release_to/release2/"+id, "")
		}, []string{"release/", "release_to/"}},
		{"a request that the village does not see, though nobody took it", 365, func(w *world, id string) {
			w.put("hidden/"+id+"/requ0001", requests.Request{ID: "requ0001", Kind: "supplies", Resident: id, Due: today + 9, Asked: unix(today)})
			w.put("hidden_open/2026-12-11/"+id+"/requ0001", "")
		}, []string{"hidden/", "hidden_open/"}},
		{"a paper, after it is in her hands", 730, func(w *world, id string) {
			w.put("paper/"+id+"/paper001", documents.Document{ID: "paper001", Resident: id, At: unix(today - 900), Ended: unix(today)})
		}, []string{"paper/"}},
		{"a paper that waits stays", 0, func(w *world, id string) {
			w.put("paper/"+id+"/paper001", documents.Document{ID: "paper001", Resident: id, At: unix(today - 900)})
		}, nil},
		{"an away card, after the return", 90, func(w *world, id string) {
			w.put("away/"+id+"/away0001", migration.Absence{ID: "away0001", Resident: id, Since: today - 30, Back: today, At: unix(today)})
		}, []string{"away/"}},
		{"an away card that nobody touched", 365, func(w *world, id string) {
			w.put("away/"+id+"/away0001", migration.Absence{ID: "away0001", Resident: id, Since: today})
			w.put("out/"+jia+"/"+id, "away0001")
		}, []string{"away/", "out/"}},
		{"who was asked of a homecoming, and which staff was told", 90, func(w *world, id string) {
			w.put("homeask/"+id+"/spring-2026-12-02", map[string]any{"Day": today, "Cause": "x"})
			w.put("hometold/a/spring-2026-12-02", map[string]any{"Day": today})
			w.put("homecoming/spring-2026-12-02", migration.HomeRun{Key: "spring-2026-12-02", Day: today})
		}, []string{"homeask/", "homecoming/", "hometold/"}},
		{"who was asked about her profile, and that all were", 150, func(w *world, id string) {
			w.put("profileask/"+id, map[string]any{"Half": "2026-2", "Day": today, "Cause": "x"})
			w.put("profilerun/2026-2", enrolment.ProfileRun{Half: "2026-2", Day: today})
		}, []string{"profileask/", "profilerun/"}},
		{"a request, after its end", 365, func(w *world, id string) {
			w.put("request/"+id+"/requ0001", requests.Request{ID: "requ0001", Resident: id, Closed: &followups.FollowedUp{At: unix(today)}})
		}, []string{"request/"}},
		{"evidence, after the end of the consent", 1095, func(w *world, id string) {
			w.put("evidence/00ff/C1/1764642000", erasure.Evidence{Set: purpose.Booking, Given: 1, Ended: unix(today)})
		}, []string{"evidence/"}},
		{"the audit", 1095, func(w *world, id string) {
			w.update(func(tx *record.Tx) error {
				return personstore.AddAudit(tx, personstore.Audit{At: unix(today), What: "purged"})
			})
		}, []string{"audit/"}},
		{"who has looked", 1095, func(w *world, id string) {
			w.put("look/"+id+"/1/a/card", personstore.AccessLogEntry{By: "a", What: "card", At: unix(today)})
		}, []string{"look/"}},
		{"what was sent", 90, func(w *world, id string) {
			w.update(func(tx *record.Tx) error {
				return outbox.Put(tx, outbox.Delivery{ID: "delivery1", To: "c:a", State: outbox.Sent, MsgID: 7, Settled: unix(today)})
			})
		}, []string{"delivery/", "msgid/"}},
		{"what no channel took", 90, func(w *world, id string) {
			w.update(func(tx *record.Tx) error {
				return outbox.Put(tx, outbox.Delivery{ID: "delivery1", To: "c:a", State: outbox.Deferred, Latest: unix(today)})
			})
		}, []string{"delivery/", "owed/"}},
		{"what rests on a consent taken back", 15, func(w *world, id string) {
			w.put("consent/"+id+"/C0/0000000001", consent.Consent{Resident: id, Set: purpose.VisitRecord, Answer: personstore.No, At: unix(today), Withdrawn: unix(today)})
			w.put("visit/"+id+"/2026-12-02/visit001", visits.Visit{ID: "visit001", Resident: id, Day: today, By: "a"})
			w.put("by/a/2026-12-02/"+id+"/visit001", "")
			w.put("followup/"+id+"/follow01", followups.FollowUp{ID: "follow01", Resident: id, Contact: "a", Due: today, Closed: &followups.FollowedUp{}})
			w.put("away/"+id+"/away0001", migration.Absence{ID: "away0001", Resident: id, Since: today, At: unix(today)}) // rests on another
		}, []string{"by/", "followup/", "visit/"}},
		{"where she is, when she took that back", 15, func(w *world, id string) {
			w.put("consent/"+id+"/C3/0000000001", consent.Consent{Resident: id, Set: purpose.Migration, Answer: personstore.No, At: unix(today), Withdrawn: unix(today)})
			w.put("away/"+id+"/away0001", migration.Absence{ID: "away0001", Resident: id, Since: today, Back: today, At: unix(today)})
		}, []string{"away/"}},
		{"an answer before the last, as evidence", 1095, func(w *world, id string) {
			w.put("consent/"+id+"/C0/0000000001", consent.Consent{Resident: id, Set: purpose.VisitRecord, Answer: personstore.Yes, At: 1})
			w.put("consent/"+id+"/C0/0000000002", consent.Consent{Resident: id, Set: purpose.VisitRecord, Answer: personstore.Yes, At: unix(today)})
		}, []string{"consent/"}},
		{"a line of a list, after its import", 365, func(w *world, id string) {
			w.update(func(tx *record.Tx) error {
				_, err := personstore.AddResident(tx, personstore.Resident{Name: "王英", Village: jia, Group: "一组", Phone: "17900004444", Added: today}, "line")
				return err
			})
		}, []string{"find/", "in/", "resident/"}},
		{"a line of which more is kept stays", 0, func(w *world, id string) {
			w.update(func(tx *record.Tx) error {
				_, err := personstore.AddResident(tx, personstore.Resident{Name: "王英", Village: jia, Added: today, NoAsk: true}, "line")
				return err
			})
		}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			c.put(w, w.people[jia])
			if c.days == 0 {
				if gone := w.purged(today + 4000); len(gone) > 0 {
					t.Errorf("after years there went %q", gone)
				}
				return
			}
			if gone := w.purged(today + calendar.Day(c.days) - 1); len(gone) > 0 {
				t.Errorf("the night before there went %q", gone)
			}
			gone := map[string]bool{}
			for _, k := range w.purged(today + calendar.Day(c.days)) {
				kind, _, _ := strings.Cut(k, "/")
				gone[kind+"/"] = true
				if !slices.ContainsFunc(c.goes, func(head string) bool { return strings.HasPrefix(k, head) }) {
					t.Errorf("%s went", k)
				}
			}
			if len(gone) != len(c.goes) {
				t.Errorf("there went %q, want %q", slices.Sorted(maps.Keys(gone)), c.goes)
			}
			if again := w.purged(today + calendar.Day(c.days)); len(again) > 0 {
				t.Errorf("the second time there went %q", again)
			}
		})
	}
}

// TestALineThatWentMayComeBack: nobody asked for its end, so a later list may
// hold it; and who agreed to anything is no line.
func TestALineThatWentMayComeBack(t *testing.T) {
	w := newWorld(t)
	w.update(func(tx *record.Tx) error {
		_, err := personstore.AddResident(tx, personstore.Resident{Name: "王英", Village: jia, Phone: "17900004444", Added: today - 400}, "line")
		agreed, err2 := personstore.AddResident(tx, personstore.Resident{Name: "王芳", Village: jia, Added: today - 400}, "agreed")
		w.people["agreed"] = agreed.ID
		return errors.Join(err, err2)
	})
	w.as("oa", func(s personstore.Scope) error {
		return consent.Put(s, consent.Consent{Resident: w.people["agreed"], Set: purpose.VisitRecord, Answer: personstore.Yes}, now)
	})
	if gone := w.purged(today); len(gone) == 0 {
		t.Error("nothing went")
	}
	w.update(func(tx *record.Tx) error {
		gone, err := erasure.Gone(tx, "王英", "17900004444", jia)
		if gone {
			t.Error("an import would leave her out")
		}
		_, err2 := personstore.LoadResident(tx, w.people["agreed"])
		return errors.Join(err, err2)
	})
}

// TestTheSiteSaysHowLong a kind is kept.
func TestTheSiteSaysHowLong(t *testing.T) {
	w := newWorld(t)
	w.update(func(tx *record.Tx) error {
		return errors.Join(
			dialogstate.Put(tx, "ox", dialogstate.Session{Last: now.Unix()}),
			storage.PutSite(tx, townconfig.Site{Retention: map[string]int{"chat": 10}}, "", now))
	})
	if gone := w.purged(today + 9); len(gone) != 0 {
		t.Errorf("after 9 days there went %q", gone)
	}
	if gone := w.purged(today + 10); !slices.Equal(gone, []string{"session/ox"}) {
		t.Errorf("after 10 days there went %q", gone)
	}
}

// TestAuditOfOneSecond: every line stays.
func TestAuditOfOneSecond(t *testing.T) {
	w := newWorld(t)
	for i := range 3 {
		w.update(func(tx *record.Tx) error {
			return personstore.AddAudit(tx, personstore.Audit{At: now.Unix(), What: fmt.Sprint("line", i)})
		})
	}
	w.update(func(tx *record.Tx) error {
		all, err := personstore.Audits(tx, now.Add(-time.Hour), 9)
		if len(all) != 3 || all[2].What != "line2" {
			t.Errorf("%+v", all)
		}
		some, err2 := personstore.Audits(tx, now, 2)
		none, err3 := personstore.Audits(tx, now.Add(time.Second), 9)
		if len(some) != 2 || len(none) != 0 {
			t.Errorf("%d and %d lines", len(some), len(none))
		}
		return errors.Join(err, err2, err3)
	})
}
