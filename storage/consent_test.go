package storage_test

import (
	"errors"
	"testing"
	"time"

	"xintiexin/storage"
	"xintiexin/storage/bookings"
	"xintiexin/storage/consent"
	"xintiexin/storage/documents"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/erasure"
	"xintiexin/storage/followups"
	"xintiexin/storage/migration"
	"xintiexin/storage/outbox"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	requestsstore "xintiexin/storage/requests"
	"xintiexin/storage/townconfig"
	"xintiexin/storage/visits"
)

// needs reports whether a resident has to be asked.
func (w *world) needs(openid, resident string, set purpose.Purpose, started bool) (ask bool) {
	w.t.Helper()
	w.as(openid, func(s personstore.Scope) (err error) {
		ask, err = consent.Needed(s, resident, set, started)
		return err
	})
	return ask
}

// agrees keeps an answer of hers.
func (w *world) agrees(openid, resident string, set purpose.Purpose, a personstore.Answer, at time.Time) {
	w.t.Helper()
	w.as(openid, func(s personstore.Scope) error {
		return enrolment.Agree(s, consent.Consent{Resident: resident, Set: set, Answer: a}, at)
	})
}

// told keeps an answer that a cadre wrote down.
func (w *world) told(openid, resident string, set purpose.Purpose, a personstore.Answer, at time.Time) {
	w.t.Helper()
	w.as(openid, func(s personstore.Scope) error {
		return consent.Put(s, consent.Consent{Resident: resident, Set: set, Answer: a, Channel: "oral"}, at)
	})
}

func (w *world) consent(resident string, set purpose.Purpose) (c consent.Consent) {
	w.t.Helper()
	w.update(func(tx *record.Tx) (err error) {
		c, err = consent.Load(tx, resident, set)
		return err
	})
	return c
}

func (w *world) texts(version string) {
	w.t.Helper()
	w.update(func(tx *record.Tx) error {
		site := townconfig.Site{Version: version}
		for _, set := range purpose.All {
			site.Consents = append(site.Consents, townconfig.ConsentText{Set: set, Version: version, Short: string(set), Full: version})
		}
		return storage.PutSite(tx, site, "", now)
	})
}

func TestConsentIsAskedWhenItIsNeeded(t *testing.T) {
	for _, c := range []struct {
		name                string
		before              func(w *world, id string)
		unasked, shestarted bool // whether she is asked; the village too, which knows nothing of what she agreed to herself
	}{
		{"never asked", func(*world, string) {}, true, true},
		{"agreed", func(w *world, id string) { w.agrees("onew", id, purpose.HealthReminders, personstore.Yes, now) }, false, false},
		{"a cadre wrote her yes down", func(w *world, id string) { w.told("oa", id, purpose.HealthReminders, personstore.Yes, now) }, false, false},
		{"said no", func(w *world, id string) { w.agrees("onew", id, purpose.HealthReminders, personstore.No, now) }, false, true},
		{"said no to something else", func(w *world, id string) { w.agrees("onew", id, purpose.Booking, personstore.No, now) }, true, true},
		{"a cadre wrote her no down", func(w *world, id string) { w.told("oa", id, purpose.HealthReminders, personstore.No, now) }, false, true},
		{"agreed and took it back", func(w *world, id string) {
			w.agrees("onew", id, purpose.HealthReminders, personstore.Yes, now)
			w.as("onew", func(s personstore.Scope) error {
				return consent.WithdrawPurpose(s, id, purpose.HealthReminders, now.Add(time.Hour))
			})
		}, false, true},
		{"does not want to be asked", func(w *world, id string) {
			w.as("oa", func(s personstore.Scope) error { return s.DontAsk(id) })
		}, false, true},
		{"agreed to an older text", func(w *world, id string) {
			w.agrees("onew", id, purpose.HealthReminders, personstore.Yes, now)
			w.texts("2")
		}, true, true},
		{"said no to an older text", func(w *world, id string) {
			w.agrees("onew", id, purpose.HealthReminders, personstore.No, now)
			w.texts("2")
		}, false, true},
		{"agreed to the newer text too", func(w *world, id string) {
			w.agrees("onew", id, purpose.HealthReminders, personstore.Yes, now)
			w.texts("2")
			w.agrees("onew", id, purpose.HealthReminders, personstore.Yes, now.Add(time.Hour))
		}, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			id := w.people[jia]
			w.update(func(tx *record.Tx) error { return personstore.BindResident(tx, "onew", id) })
			w.texts("1")
			c.before(w, id)
			for _, openid := range []string{"onew", "oa", "oc"} {
				if last := w.consent(id, purpose.HealthReminders); openid == "oa" && last.Given() && last.By == "" {
					if !w.needs(openid, id, purpose.HealthReminders, false) {
						t.Error("the village knows that she agreed herself")
					}
					continue
				}
				if w.needs(openid, id, purpose.HealthReminders, false) != c.unasked || w.needs(openid, id, purpose.HealthReminders, true) != c.shestarted {
					t.Errorf("%s: asked %v, and %v when she started it", openid, !c.unasked, !c.shestarted)
				}
			}
			for _, openid := range []string{"ob", "stranger"} {
				if err := w.refusal(openid, func(s personstore.Scope) error {
					_, err := consent.Needed(s, id, purpose.HealthReminders, true)
					return err
				}); !errors.Is(err, record.ErrNotFound) {
					t.Errorf("%s: %v", openid, err)
				}
			}
		})
	}
}

func TestAnAnswerKeepsItsTextAndItsPlace(t *testing.T) {
	w := newWorld(t)
	r := w.registers("onew", "小燕", "17900000317", "", "m1")
	if c := w.consent(r.ID, purpose.Booking); c.Version != "" || c.Text != "" {
		t.Errorf("without a site she was told %+v", c)
	}
	w.texts("1")
	w.agrees("onew", r.ID, purpose.HealthReminders, personstore.Yes, now)
	if c := w.consent(r.ID, purpose.HealthReminders); c.Version != "1" || len(c.Text) != 16 || c.Channel != "chat" {
		t.Errorf("kept %+v", c)
	}
	// Two answers of one second, and one of a clock that was put back: the last
	// counts, and none is lost.
	w.agrees("onew", r.ID, purpose.HealthReminders, personstore.No, now)
	w.as("onew", func(s personstore.Scope) error {
		return consent.WithdrawPurpose(s, r.ID, purpose.Booking, now.Add(-time.Hour))
	})
	if w.consent(r.ID, purpose.HealthReminders).Given() || w.consent(r.ID, purpose.Booking).Given() {
		t.Error("the earlier yes counts")
	}
	if n := w.count("consent/" + r.ID); n != 4 {
		t.Errorf("%d answers are kept, want 4", n)
	}
	for name, c := range map[string]consent.Consent{
		"a set that there is not": {Resident: r.ID, Set: "C9", Answer: personstore.Yes},
		"no answer":               {Resident: r.ID, Set: purpose.HealthReminders},
	} {
		if err := w.refusal("onew", func(s personstore.Scope) error { return enrolment.Agree(s, c, now) }); !errors.Is(err, record.ErrScope) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, openid := range []string{"oc", "oa", "stranger"} {
		c := consent.Consent{Resident: r.ID, Set: purpose.HealthReminders, Answer: personstore.Yes}
		if err := w.refusal(openid, func(s personstore.Scope) error { return enrolment.Agree(s, c, now) }); !errors.Is(err, record.ErrNotFound) {
			t.Errorf("%s answers for her: %v", openid, err)
		}
	}
}

// TestARefusalBlocksNothingElse: each set stands alone.
func TestARefusalBlocksNothingElse(t *testing.T) {
	for _, refused := range purpose.All {
		w := newWorld(t)
		r := w.registers("onew", "小燕", "17900000317", "", "m1")
		for _, set := range purpose.All {
			w.agrees("onew", r.ID, set, personstore.Yes, now.Add(time.Minute))
		}
		w.as("onew", func(s personstore.Scope) error { return consent.WithdrawPurpose(s, r.ID, refused, now.Add(time.Hour)) })
		for _, set := range purpose.All {
			if got := w.consent(r.ID, set).Given(); got != (set != refused) {
				t.Errorf("%s taken back: %s is given: %v", refused, set, got)
			}
		}
		if mine := w.one("oc", r.ID); mine.NoAsk || mine.NoPush {
			t.Errorf("%s taken back: %+v", refused, mine)
		}
	}
}

func TestWhatATakenBackSetEnds(t *testing.T) {
	for _, c := range []struct {
		set               purpose.Purpose
		visit, away, mail bool // still stand
	}{
		{purpose.VisitRecord, false, true, true}, {purpose.Booking, true, true, true}, {purpose.HealthReminders, true, true, true},
		{purpose.Migration, true, false, true}, {purpose.ProxyPickup, true, true, false}, {purpose.ThirdPartySharing, true, true, true},
	} {
		w := newWorld(t)
		id := w.people[jia]
		w.update(func(tx *record.Tx) error {
			return errors.Join(personstore.BindResident(tx, "onew", id),
				storage.PutPaperForTest(tx, documents.Document{ID: "p1", Resident: id, State: documents.Ready, Proxy: "婆婆"}),
				storage.PutPaperForTest(tx, documents.Document{ID: "p2", Resident: id, State: documents.Proxied, Proxy: "婆婆", Ended: 1}))
		})
		w.as("oa", func(s personstore.Scope) error {
			_, err := visits.AddFollowUp(s, followups.FollowUp{Resident: id, Kind: "visit", Due: today}, "m1")
			_, err2 := migration.Add(s, migration.Absence{Resident: id, Since: today}, "m1")
			return errors.Join(err, err2)
		})
		w.as("onew", func(s personstore.Scope) error { return consent.WithdrawPurpose(s, id, c.set, now) })
		w.as("oa", func(s personstore.Scope) error {
			open, err := visits.OpenFollowUps(s, id)
			away, err2 := migration.Open(s, id)
			if len(open) == 1 != c.visit || away.ID != "" != c.away {
				t.Errorf("%s: left are %d visits and the card %q", c.set, len(open), away.ID)
			}
			return errors.Join(err, err2)
		})
		w.update(func(tx *record.Tx) error {
			proxies := map[string]string{}
			err := storage.PapersForTest(tx, id, func(p documents.Document) { proxies[p.ID] = p.Proxy })
			if proxies["p1"] != "" != c.mail || proxies["p2"] != "婆婆" {
				t.Errorf("%s: the papers name %v", c.set, proxies)
			}
			return err
		})
	}
}

// TestTakingBookingsBack: who takes C1 back gives her seats, her place and her
// requests up; who takes C2 back is asked back no more.
func TestTakingBookingsBack(t *testing.T) {
	c := newCast(t)
	open := func() (booked, waits, asked, back bool) {
		c.as("oshe", func(s personstore.Scope) error {
			_, err := bookings.Open(s, c.id, "checkup")
			_, _, err2 := bookings.WaitingOf(s, c.id, "advice")
			requests, err3 := requestsstore.MyRequests(s, c.id)
			days, err4 := bookings.Recalls(s, c.id, today)
			booked, waits, asked, back = err == nil, err2 == nil, len(requests) > 0, len(days) > 0
			return errors.Join(err3, err4)
		})
		return
	}
	if a, b, d, e := open(); !a || !b || !d || !e {
		t.Fatal("she has not all of it", a, b, d, e)
	}
	before := c.slots(clinicDay, clinicDay, now)
	c.as("oshe", func(s personstore.Scope) error {
		return consent.WithdrawPurpose(s, c.id, purpose.Booking, now.Add(time.Hour))
	})
	if a, b, d, e := open(); a || b || d || !e {
		t.Error("C1 taken back, left are a booking, a place, requests, a day to come back:", a, b, d, e)
	}
	if after := c.slots(clinicDay, clinicDay, now); after == before {
		t.Errorf("her seats are still taken: %s", after)
	}
	c.as("oshe", func(s personstore.Scope) error {
		return consent.WithdrawPurpose(s, c.id, purpose.HealthReminders, now.Add(time.Hour))
	})
	if _, _, _, back := open(); back {
		t.Error("C2 taken back, she is still asked back")
	}
	if !c.consent(c.id, purpose.ProxyPickup).Given() {
		t.Error("another set ended too")
	}
}

func TestTakingAllBack(t *testing.T) {
	w := newWorld(t)
	r := w.registers("onew", "小燕", "17900000317", "", "m1")
	for _, set := range purpose.All {
		w.agrees("onew", r.ID, set, personstore.Yes, now.Add(time.Minute))
	}
	w.update(func(tx *record.Tx) error {
		if err := consent.WithdrawAll(tx, personstore.Person{OpenID: "oc", Cadre: personstore.Staff{ID: "c"}}, r.ID, now); !errors.Is(err, record.ErrNotFound) {
			t.Errorf("by somebody else: %v", err)
		}
		_, err := outbox.Enqueue(tx, outbox.Delivery{Cause: "x", Kind: "recorded", To: "r:" + r.ID, Earliest: now.Unix(), Latest: now.Unix() + 9})
		return err
	})
	w.update(func(tx *record.Tx) error {
		p, err := personstore.Identify(tx, "onew")
		if err != nil {
			return err
		}
		return consent.WithdrawAll(tx, p, r.ID, now.Add(time.Hour))
	})
	for _, set := range purpose.All {
		if c := w.consent(r.ID, set); c.Given() || c.Withdrawn != now.Add(time.Hour).Unix() {
			t.Errorf("%s: %+v", set, c)
		}
	}
	w.update(func(tx *record.Tx) error {
		if d, err := outbox.DeliveryOf(tx, "x"); err != nil || d.State != outbox.Dropped {
			t.Errorf("a message to her is %s, %v", d.State, err)
		}
		return nil
	})
	if mine := w.one("oc", r.ID); !mine.NoAsk || !mine.NoPush {
		t.Errorf("all taken back: %+v", mine)
	}
	if w.needs("oc", r.ID, purpose.Booking, false) || !w.needs("onew", r.ID, purpose.Booking, true) {
		t.Error("asked unasked, or not when she starts again")
	}
	w.agrees("onew", r.ID, purpose.Booking, personstore.Yes, now.Add(2*time.Hour))
	if mine := w.one("oc", r.ID); mine.NoPush {
		t.Error("she agreed anew, and nothing reaches her")
	}
}

func TestStoppedMessagesStartAgainWhenSheSaysSo(t *testing.T) {
	w := newWorld(t)
	r := w.registers("onew", "小燕", "17900000317", "", "m1")
	w.update(func(tx *record.Tx) error { return personstore.StopPushes(tx, r.ID) })
	w.agrees("onew", r.ID, purpose.HealthReminders, personstore.Yes, now)
	if !w.one("oc", r.ID).NoPush {
		t.Error("another answer let messages come again")
	}
	if err := w.refusal("oc", func(s personstore.Scope) error { return enrolment.ResumePushes(s, r.ID) }); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("by the clerk: %v", err)
	}
	w.as("onew", func(s personstore.Scope) error { return enrolment.ResumePushes(s, r.ID) })
	if w.one("oc", r.ID).NoPush {
		t.Error("she said so, and nothing comes")
	}
}

func TestAnOralYesWaitsForHerOwn(t *testing.T) {
	week := 7 * 24 * time.Hour
	for _, c := range []struct {
		name   string
		set    purpose.Purpose
		answer func(w *world, id string, set purpose.Purpose)
		after  time.Duration
		paused bool
	}{
		{"a week", purpose.HealthReminders, nil, week, false},
		{"more than a week", purpose.HealthReminders, nil, week + time.Second, true},
		{"an away card", purpose.Migration, nil, week + time.Second, true},
		{"visits need no word of her own", purpose.VisitRecord, nil, 50 * week, false},
		{"bookings neither", purpose.Booking, nil, 50 * week, false},
		{"she said yes too", purpose.HealthReminders, func(w *world, id string, set purpose.Purpose) {
			w.agrees("onew", id, set, personstore.Yes, now.Add(time.Hour))
		}, 50 * week, false},
		{"she said no", purpose.HealthReminders, func(w *world, id string, set purpose.Purpose) {
			w.agrees("onew", id, set, personstore.No, now.Add(time.Hour))
		}, 50 * week, false},
		{"signed on paper", purpose.HealthReminders, func(w *world, id string, set purpose.Purpose) {
			w.as("oc", func(s personstore.Scope) error {
				return consent.Put(s, consent.Consent{Resident: id, Set: set, Answer: personstore.Yes, Channel: "paper"}, now.Add(time.Hour))
			})
		}, 50 * week, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			id := w.people[jia]
			w.update(func(tx *record.Tx) error { return personstore.BindResident(tx, "onew", id) })
			w.told("oa", id, c.set, personstore.Yes, now)
			if c.answer != nil {
				c.answer(w, id, c.set)
			}
			w.update(func(tx *record.Tx) error {
				paused, err := consent.Paused(tx, id, c.set, now.Add(c.after))
				if paused != c.paused {
					t.Errorf("paused: %v", paused)
				}
				return err
			})
		})
	}
}

// TestAnAnswerToldToStaffEndsNothingOfHers: what she agreed to in her own chat
// neither ends nor pauses by what a cadre writes down.
func TestAnAnswerToldToStaffEndsNothingOfHers(t *testing.T) {
	w := newWorld(t)
	id := w.people[jia]
	w.update(func(tx *record.Tx) error { return personstore.BindResident(tx, "onew", id) })
	w.agrees("onew", id, purpose.HealthReminders, personstore.Yes, now)
	for i, a := range []personstore.Answer{personstore.No, personstore.Yes, personstore.No} {
		w.told("oa", id, purpose.HealthReminders, a, now.Add(time.Duration(i+1)*time.Hour))
		if !w.consent(id, purpose.HealthReminders).Given() {
			t.Fatalf("answer %d told to staff ended her own yes", i+1)
		}
	}
	w.update(func(tx *record.Tx) error {
		paused, err := consent.Paused(tx, id, purpose.HealthReminders, now.AddDate(0, 1, 0))
		if paused {
			t.Error("her own yes rests for what a cadre wrote after it")
		}
		return err
	})
	if !w.one("oa", id).NoAsk {
		t.Error("she said no, and is asked again")
	}
	w.agrees("onew", id, purpose.HealthReminders, personstore.No, now.AddDate(0, 0, 1))
	if w.consent(id, purpose.HealthReminders).Given() {
		t.Error("she herself could not end it")
	}
}

// TestAWithdrawalByWordOfMouth: what staff wrote down ends, what she agreed to
// in her own chat is hers; and all of it can be taken back.
func TestAWithdrawalByWordOfMouth(t *testing.T) {
	for _, c := range []struct {
		name  string
		own   bool // she uses the service herself too
		erase bool
		want  error
	}{
		{"别再来", false, false, nil}, {"都删掉", false, true, nil},
		{"别再来, with a WeChat of hers", true, false, nil}, {"都删掉, with a WeChat of hers", true, true, record.ErrSelfOnly},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			id := w.people[jia]
			w.told("oa", id, purpose.VisitRecord, personstore.Yes, now)
			w.told("oa", id, purpose.Booking, personstore.Yes, now)
			w.as("oa", func(s personstore.Scope) error {
				_, err := visits.AddFollowUp(s, followups.FollowUp{Resident: id, Kind: "visit", Due: today}, "m1")
				_, err2 := migration.Add(s, migration.Absence{Resident: id, Since: today}, "m1")
				return errors.Join(err, err2)
			})
			if c.own {
				w.update(func(tx *record.Tx) error { return personstore.BindResident(tx, "onew", id) })
				w.agrees("onew", id, purpose.Booking, personstore.Yes, now)
			}
			for openid, want := range map[string]error{"ob": record.ErrNotFound, "stranger": record.ErrNotFound, "od": record.ErrNotFound} {
				if err := w.refusal(openid, func(s personstore.Scope) error { return erasure.WithdrawFor(s, id, c.erase, now) }); !errors.Is(err, want) {
					t.Errorf("%s: %v", openid, err)
				}
			}
			before := w.dump()
			u, got := w.inSave("oa", func(s personstore.Scope) error { return erasure.WithdrawFor(s, id, c.erase, now.Add(time.Hour)) })
			if !errors.Is(got, c.want) {
				t.Fatalf("got %v, want %v", got, c.want)
			}
			if c.want != nil {
				if w.consent(id, purpose.VisitRecord).Given() != true || len(w.looks(id)) != 1 {
					t.Error("refused, it changed something, or left no trace")
				}
				return
			}
			if seen := w.one("oa", id) != nil; seen == c.erase {
				t.Errorf("she is seen: %v", seen)
			}
			if w.consent(id, purpose.VisitRecord).Given() {
				t.Error("visits are still agreed to")
			}
			if !c.erase {
				r := w.one("oa", id)
				if r == nil || !r.NoAsk || r.NoPush == c.own || w.consent(id, purpose.Booking).Given() != c.own {
					t.Errorf("she is %+v, C1 %+v", r, w.consent(id, purpose.Booking))
				}
				if last := w.consent(id, purpose.VisitRecord); last.By != "a" || last.Channel != "oral" || last.Withdrawn == 0 {
					t.Errorf("kept is %+v", last)
				}
				w.as("oa", func(s personstore.Scope) error {
					open, err := visits.OpenFollowUps(s, id)
					away, err2 := migration.Open(s, id)
					if len(open) != 0 || away.ID != "" {
						t.Errorf("open are %v and %v", open, away)
					}
					return errors.Join(err, err2)
				})
			}
			w.update(func(tx *record.Tx) error { return erasure.Restore(tx, "oa", u, now) })
			if after := w.withoutLooks(); after != without(before) {
				t.Errorf("taken back:\n%s\nwas:\n%s", after, without(before))
			}
		})
	}
}
