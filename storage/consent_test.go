package storage_test

import (
	"errors"
	"testing"
	"time"

	"xintiexin/storage"
)

// needs reports whether a resident has to be asked.
func (w *world) needs(openid, resident string, set storage.Set, started bool) (ask bool) {
	w.t.Helper()
	w.as(openid, func(s storage.Scope) (err error) {
		ask, err = s.NeedsConsent(resident, set, started)
		return err
	})
	return ask
}

// agrees keeps an answer of hers.
func (w *world) agrees(openid, resident string, set storage.Set, a storage.Answer, at time.Time) {
	w.t.Helper()
	w.as(openid, func(s storage.Scope) error {
		return s.Agree(storage.Consent{Resident: resident, Set: set, Answer: a}, at)
	})
}

// told keeps an answer that a cadre wrote down.
func (w *world) told(openid, resident string, set storage.Set, a storage.Answer, at time.Time) {
	w.t.Helper()
	w.as(openid, func(s storage.Scope) error {
		return s.PutConsent(storage.Consent{Resident: resident, Set: set, Answer: a, Channel: "oral"}, at)
	})
}

func (w *world) consent(resident string, set storage.Set) (c storage.Consent) {
	w.t.Helper()
	w.update(func(tx *storage.Tx) (err error) {
		c, err = tx.Consent(resident, set)
		return err
	})
	return c
}

func (w *world) texts(version string) {
	w.t.Helper()
	w.update(func(tx *storage.Tx) error {
		site := storage.Site{Version: version}
		for _, set := range storage.Sets {
			site.Consents = append(site.Consents, storage.ConsentText{Set: set, Version: version, Short: string(set), Full: version})
		}
		return tx.PutSite(site, "", now)
	})
}

func TestConsentIsAskedWhenItIsNeeded(t *testing.T) {
	for _, c := range []struct {
		name                string
		before              func(w *world, id string)
		unasked, shestarted bool // whether she is asked; the village too, which knows nothing of what she agreed to herself
	}{
		{"never asked", func(*world, string) {}, true, true},
		{"agreed", func(w *world, id string) { w.agrees("onew", id, storage.C2, storage.Yes, now) }, false, false},
		{"a cadre wrote her yes down", func(w *world, id string) { w.told("oa", id, storage.C2, storage.Yes, now) }, false, false},
		{"said no", func(w *world, id string) { w.agrees("onew", id, storage.C2, storage.No, now) }, false, true},
		{"said no to something else", func(w *world, id string) { w.agrees("onew", id, storage.C1, storage.No, now) }, true, true},
		{"a cadre wrote her no down", func(w *world, id string) { w.told("oa", id, storage.C2, storage.No, now) }, false, true},
		{"agreed and took it back", func(w *world, id string) {
			w.agrees("onew", id, storage.C2, storage.Yes, now)
			w.as("onew", func(s storage.Scope) error { return s.WithdrawSet(id, storage.C2, now.Add(time.Hour)) })
		}, false, true},
		{"does not want to be asked", func(w *world, id string) {
			w.as("oa", func(s storage.Scope) error { return s.DontAsk(id) })
		}, false, true},
		{"agreed to an older text", func(w *world, id string) {
			w.agrees("onew", id, storage.C2, storage.Yes, now)
			w.texts("2")
		}, true, true},
		{"said no to an older text", func(w *world, id string) {
			w.agrees("onew", id, storage.C2, storage.No, now)
			w.texts("2")
		}, false, true},
		{"agreed to the newer text too", func(w *world, id string) {
			w.agrees("onew", id, storage.C2, storage.Yes, now)
			w.texts("2")
			w.agrees("onew", id, storage.C2, storage.Yes, now.Add(time.Hour))
		}, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			id := w.people[jia]
			w.update(func(tx *storage.Tx) error { return tx.LinkResident("onew", id) })
			w.texts("1")
			c.before(w, id)
			for _, openid := range []string{"onew", "oa", "oc"} {
				if last := w.consent(id, storage.C2); openid == "oa" && last.Given() && last.By == "" {
					if !w.needs(openid, id, storage.C2, false) {
						t.Error("the village knows that she agreed herself")
					}
					continue
				}
				if w.needs(openid, id, storage.C2, false) != c.unasked || w.needs(openid, id, storage.C2, true) != c.shestarted {
					t.Errorf("%s: asked %v, and %v when she started it", openid, !c.unasked, !c.shestarted)
				}
			}
			for _, openid := range []string{"ob", "stranger"} {
				if err := w.refusal(openid, func(s storage.Scope) error { _, err := s.NeedsConsent(id, storage.C2, true); return err }); !errors.Is(err, storage.ErrNotFound) {
					t.Errorf("%s: %v", openid, err)
				}
			}
		})
	}
}

func TestAnAnswerKeepsItsTextAndItsPlace(t *testing.T) {
	w := newWorld(t)
	r := w.registers("onew", "小燕", "17900000317", "", "m1")
	if c := w.consent(r.ID, storage.C1); c.Version != "" || c.Text != "" {
		t.Errorf("without a site she was told %+v", c)
	}
	w.texts("1")
	w.agrees("onew", r.ID, storage.C2, storage.Yes, now)
	if c := w.consent(r.ID, storage.C2); c.Version != "1" || len(c.Text) != 16 || c.Channel != "chat" {
		t.Errorf("kept %+v", c)
	}
	// Two answers of one second, and one of a clock that was put back: the last
	// counts, and none is lost.
	w.agrees("onew", r.ID, storage.C2, storage.No, now)
	w.as("onew", func(s storage.Scope) error { return s.WithdrawSet(r.ID, storage.C1, now.Add(-time.Hour)) })
	if w.consent(r.ID, storage.C2).Given() || w.consent(r.ID, storage.C1).Given() {
		t.Error("the earlier yes counts")
	}
	if n := w.count("consent/" + r.ID); n != 4 {
		t.Errorf("%d answers are kept, want 4", n)
	}
	for name, c := range map[string]storage.Consent{
		"a set that there is not": {Resident: r.ID, Set: "C9", Answer: storage.Yes},
		"no answer":               {Resident: r.ID, Set: storage.C2},
	} {
		if err := w.refusal("onew", func(s storage.Scope) error { return s.Agree(c, now) }); !errors.Is(err, storage.ErrScope) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, openid := range []string{"oc", "oa", "stranger"} {
		c := storage.Consent{Resident: r.ID, Set: storage.C2, Answer: storage.Yes}
		if err := w.refusal(openid, func(s storage.Scope) error { return s.Agree(c, now) }); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("%s answers for her: %v", openid, err)
		}
	}
}

// TestARefusalBlocksNothingElse: each set stands alone.
func TestARefusalBlocksNothingElse(t *testing.T) {
	for _, refused := range storage.Sets {
		w := newWorld(t)
		r := w.registers("onew", "小燕", "17900000317", "", "m1")
		for _, set := range storage.Sets {
			w.agrees("onew", r.ID, set, storage.Yes, now.Add(time.Minute))
		}
		w.as("onew", func(s storage.Scope) error { return s.WithdrawSet(r.ID, refused, now.Add(time.Hour)) })
		for _, set := range storage.Sets {
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
		set               storage.Set
		visit, away, mail bool // still stand
	}{
		{storage.C0, false, true, true}, {storage.C1, true, true, true}, {storage.C2, true, true, true},
		{storage.C3, true, false, true}, {storage.C4, true, true, false}, {storage.C6, true, true, true},
	} {
		w := newWorld(t)
		id := w.people[jia]
		w.update(func(tx *storage.Tx) error {
			return errors.Join(tx.LinkResident("onew", id),
				storage.PutPaperForTest(tx, storage.Paper{ID: "p1", Resident: id, State: storage.Ready, Proxy: "婆婆"}),
				storage.PutPaperForTest(tx, storage.Paper{ID: "p2", Resident: id, State: storage.Proxied, Proxy: "婆婆", Ended: 1}))
		})
		w.as("oa", func(s storage.Scope) error {
			_, err := s.AddFollowUp(storage.FollowUp{Resident: id, Kind: "visit", Due: today}, "m1")
			_, err2 := s.AddAway(storage.Away{Resident: id, Since: today}, "m1")
			return errors.Join(err, err2)
		})
		w.as("onew", func(s storage.Scope) error { return s.WithdrawSet(id, c.set, now) })
		w.as("oa", func(s storage.Scope) error {
			open, err := s.OpenFollowUps(id)
			away, err2 := s.OpenAway(id)
			if len(open) == 1 != c.visit || away.ID != "" != c.away {
				t.Errorf("%s: left are %d visits and the card %q", c.set, len(open), away.ID)
			}
			return errors.Join(err, err2)
		})
		w.update(func(tx *storage.Tx) error {
			proxies := map[string]string{}
			err := storage.PapersForTest(tx, id, func(p storage.Paper) { proxies[p.ID] = p.Proxy })
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
		c.as("oshe", func(s storage.Scope) error {
			_, err := s.AppointmentOf(c.id, "checkup")
			_, _, err2 := s.WaitingOf(c.id, "advice")
			requests, err3 := s.MyRequests(c.id)
			days, err4 := s.Returns(c.id, today)
			booked, waits, asked, back = err == nil, err2 == nil, len(requests) > 0, len(days) > 0
			return errors.Join(err3, err4)
		})
		return
	}
	if a, b, d, e := open(); !a || !b || !d || !e {
		t.Fatal("she has not all of it", a, b, d, e)
	}
	before := c.slots(clinicDay, clinicDay, now)
	c.as("oshe", func(s storage.Scope) error { return s.WithdrawSet(c.id, storage.C1, now.Add(time.Hour)) })
	if a, b, d, e := open(); a || b || d || !e {
		t.Error("C1 taken back, left are a booking, a place, requests, a day to come back:", a, b, d, e)
	}
	if after := c.slots(clinicDay, clinicDay, now); after == before {
		t.Errorf("her seats are still taken: %s", after)
	}
	c.as("oshe", func(s storage.Scope) error { return s.WithdrawSet(c.id, storage.C2, now.Add(time.Hour)) })
	if _, _, _, back := open(); back {
		t.Error("C2 taken back, she is still asked back")
	}
	if !c.consent(c.id, storage.C4).Given() {
		t.Error("another set ended too")
	}
}

func TestTakingAllBack(t *testing.T) {
	w := newWorld(t)
	r := w.registers("onew", "小燕", "17900000317", "", "m1")
	for _, set := range storage.Sets {
		w.agrees("onew", r.ID, set, storage.Yes, now.Add(time.Minute))
	}
	w.update(func(tx *storage.Tx) error {
		if err := tx.Withdraw(storage.Person{OpenID: "oc", Cadre: storage.Cadre{ID: "c"}}, r.ID, now); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("by somebody else: %v", err)
		}
		_, err := tx.Enqueue(storage.Delivery{Cause: "x", Kind: "recorded", To: "r:" + r.ID, Earliest: now.Unix(), Latest: now.Unix() + 9})
		return err
	})
	w.update(func(tx *storage.Tx) error {
		p, err := tx.Who("onew")
		if err != nil {
			return err
		}
		return tx.Withdraw(p, r.ID, now.Add(time.Hour))
	})
	for _, set := range storage.Sets {
		if c := w.consent(r.ID, set); c.Given() || c.Withdrawn != now.Add(time.Hour).Unix() {
			t.Errorf("%s: %+v", set, c)
		}
	}
	w.update(func(tx *storage.Tx) error {
		if d, err := tx.DeliveryOf("x"); err != nil || d.State != storage.Dropped {
			t.Errorf("a message to her is %s, %v", d.State, err)
		}
		return nil
	})
	if mine := w.one("oc", r.ID); !mine.NoAsk || !mine.NoPush {
		t.Errorf("all taken back: %+v", mine)
	}
	if w.needs("oc", r.ID, storage.C1, false) || !w.needs("onew", r.ID, storage.C1, true) {
		t.Error("asked unasked, or not when she starts again")
	}
	w.agrees("onew", r.ID, storage.C1, storage.Yes, now.Add(2*time.Hour))
	if mine := w.one("oc", r.ID); mine.NoPush {
		t.Error("she agreed anew, and nothing reaches her")
	}
}

func TestStoppedMessagesStartAgainWhenSheSaysSo(t *testing.T) {
	w := newWorld(t)
	r := w.registers("onew", "小燕", "17900000317", "", "m1")
	w.update(func(tx *storage.Tx) error { return tx.StopPushes(r.ID) })
	w.agrees("onew", r.ID, storage.C2, storage.Yes, now)
	if !w.one("oc", r.ID).NoPush {
		t.Error("another answer let messages come again")
	}
	if err := w.refusal("oc", func(s storage.Scope) error { return s.ResumePushes(r.ID) }); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("by the clerk: %v", err)
	}
	w.as("onew", func(s storage.Scope) error { return s.ResumePushes(r.ID) })
	if w.one("oc", r.ID).NoPush {
		t.Error("she said so, and nothing comes")
	}
}

func TestAnOralYesWaitsForHerOwn(t *testing.T) {
	week := 7 * 24 * time.Hour
	for _, c := range []struct {
		name   string
		set    storage.Set
		answer func(w *world, id string, set storage.Set)
		after  time.Duration
		paused bool
	}{
		{"a week", storage.C2, nil, week, false},
		{"more than a week", storage.C2, nil, week + time.Second, true},
		{"an away card", storage.C3, nil, week + time.Second, true},
		{"visits need no word of her own", storage.C0, nil, 50 * week, false},
		{"bookings neither", storage.C1, nil, 50 * week, false},
		{"she said yes too", storage.C2, func(w *world, id string, set storage.Set) {
			w.agrees("onew", id, set, storage.Yes, now.Add(time.Hour))
		}, 50 * week, false},
		{"she said no", storage.C2, func(w *world, id string, set storage.Set) {
			w.agrees("onew", id, set, storage.No, now.Add(time.Hour))
		}, 50 * week, false},
		{"signed on paper", storage.C2, func(w *world, id string, set storage.Set) {
			w.as("oc", func(s storage.Scope) error {
				return s.PutConsent(storage.Consent{Resident: id, Set: set, Answer: storage.Yes, Channel: "paper"}, now.Add(time.Hour))
			})
		}, 50 * week, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			id := w.people[jia]
			w.update(func(tx *storage.Tx) error { return tx.LinkResident("onew", id) })
			w.told("oa", id, c.set, storage.Yes, now)
			if c.answer != nil {
				c.answer(w, id, c.set)
			}
			w.update(func(tx *storage.Tx) error {
				paused, err := tx.Paused(id, c.set, now.Add(c.after))
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
	w.update(func(tx *storage.Tx) error { return tx.LinkResident("onew", id) })
	w.agrees("onew", id, storage.C2, storage.Yes, now)
	for i, a := range []storage.Answer{storage.No, storage.Yes, storage.No} {
		w.told("oa", id, storage.C2, a, now.Add(time.Duration(i+1)*time.Hour))
		if !w.consent(id, storage.C2).Given() {
			t.Fatalf("answer %d told to staff ended her own yes", i+1)
		}
	}
	w.update(func(tx *storage.Tx) error {
		paused, err := tx.Paused(id, storage.C2, now.AddDate(0, 1, 0))
		if paused {
			t.Error("her own yes rests for what a cadre wrote after it")
		}
		return err
	})
	if !w.one("oa", id).NoAsk {
		t.Error("she said no, and is asked again")
	}
	w.agrees("onew", id, storage.C2, storage.No, now.AddDate(0, 0, 1))
	if w.consent(id, storage.C2).Given() {
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
		{"别再来, with a WeChat of hers", true, false, nil}, {"都删掉, with a WeChat of hers", true, true, storage.ErrSelfOnly},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			id := w.people[jia]
			w.told("oa", id, storage.C0, storage.Yes, now)
			w.told("oa", id, storage.C1, storage.Yes, now)
			w.as("oa", func(s storage.Scope) error {
				_, err := s.AddFollowUp(storage.FollowUp{Resident: id, Kind: "visit", Due: today}, "m1")
				_, err2 := s.AddAway(storage.Away{Resident: id, Since: today}, "m1")
				return errors.Join(err, err2)
			})
			if c.own {
				w.update(func(tx *storage.Tx) error { return tx.LinkResident("onew", id) })
				w.agrees("onew", id, storage.C1, storage.Yes, now)
			}
			for openid, want := range map[string]error{"ob": storage.ErrNotFound, "stranger": storage.ErrNotFound, "od": storage.ErrNotFound} {
				if err := w.refusal(openid, func(s storage.Scope) error { return s.WithdrawFor(id, c.erase, now) }); !errors.Is(err, want) {
					t.Errorf("%s: %v", openid, err)
				}
			}
			before := w.dump()
			u, got := w.inSave("oa", func(s storage.Scope) error { return s.WithdrawFor(id, c.erase, now.Add(time.Hour)) })
			if !errors.Is(got, c.want) {
				t.Fatalf("got %v, want %v", got, c.want)
			}
			if c.want != nil {
				if w.consent(id, storage.C0).Given() != true || len(w.looks(id)) != 1 {
					t.Error("refused, it changed something, or left no trace")
				}
				return
			}
			if seen := w.one("oa", id) != nil; seen == c.erase {
				t.Errorf("she is seen: %v", seen)
			}
			if w.consent(id, storage.C0).Given() {
				t.Error("visits are still agreed to")
			}
			if !c.erase {
				r := w.one("oa", id)
				if r == nil || !r.NoAsk || r.NoPush == c.own || w.consent(id, storage.C1).Given() != c.own {
					t.Errorf("she is %+v, C1 %+v", r, w.consent(id, storage.C1))
				}
				if last := w.consent(id, storage.C0); last.By != "a" || last.Channel != "oral" || last.Withdrawn == 0 {
					t.Errorf("kept is %+v", last)
				}
				w.as("oa", func(s storage.Scope) error {
					open, err := s.OpenFollowUps(id)
					away, err2 := s.OpenAway(id)
					if len(open) != 0 || away.ID != "" {
						t.Errorf("open are %v and %v", open, away)
					}
					return errors.Join(err, err2)
				})
			}
			w.update(func(tx *storage.Tx) error { return tx.Restore("oa", u, now) })
			if after := w.withoutLooks(); after != without(before) {
				t.Errorf("taken back:\n%s\nwas:\n%s", after, without(before))
			}
		})
	}
}
