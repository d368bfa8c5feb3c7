package storage_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"xintiexin/storage"
	"xintiexin/storage/access"
	"xintiexin/storage/bolt"
	"xintiexin/storage/bookings"
	"xintiexin/storage/consent"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/documents"
	"xintiexin/storage/erasure"
	"xintiexin/storage/followups"
	"xintiexin/storage/kv"
	"xintiexin/storage/kvtest"
	"xintiexin/storage/migration"
	"xintiexin/storage/outbox"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/requests"
	"xintiexin/storage/visits"
)

// everything is all that the store holds.
func (w *world) everything() map[string]string {
	w.t.Helper()
	all := map[string]string{}
	err := storage.DumpForTest(context.Background(), w.store, func(p kv.Pair) { all[string(p.Key)] = string(p.Value) })
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

// put keeps a record under a key, as a file of storage would.
func (w *world) put(key string, v any) {
	w.t.Helper()
	value, ok := v.(string)
	if !ok {
		b, err := json.Marshal(v)
		if err != nil {
			w.t.Fatal(err)
		}
		value = string(b)
	}
	if err := storage.PutForTest(context.Background(), w.store, key, value); err != nil {
		w.t.Fatal(err)
	}
}

var encoded = regexp.MustCompile(`"([A-Za-z0-9+/]{8,}={0,2})"`)

// naming returns the keys of pairs that hold any of the words, in the key, in the
// value, or in bytes inside it.
func (w *world) naming(words ...string) (keys []string) {
	w.t.Helper()
	has := func(s string) bool {
		return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(s, word) })
	}
	for k, v := range w.everything() {
		held := has(k) || has(v)
		for _, m := range encoded.FindAllStringSubmatch(v, -1) {
			inside, err := base64.StdEncoding.DecodeString(m[1])
			held = held || err == nil && has(string(inside))
		}
		if held {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return keys
}

// everyKind keeps of a resident whatever there is to keep of one, and says the
// same of another, whose records must not suffer. own is a WeChat of hers alone.
func (w *world) everyKind(id, name, phone, own string) {
	w.t.Helper()
	other := w.people[yi]
	w.as("oa", func(s personstore.Scope) error {
		for set, channel := range map[purpose.Purpose]string{purpose.VisitRecord: "oral", purpose.Migration: "paper"} {
			if err := consent.Put(s, consent.Consent{Resident: id, Set: set, Answer: personstore.Yes, Version: "2026-11", Channel: channel}, now); err != nil {
				return err
			}
		}
		_, err := visits.Add(s, visits.Visit{Resident: id, Day: today, Note: name + "说都好"}, "m1")
		_, err2 := visits.AddFollowUp(s, followups.FollowUp{Resident: id, Kind: "answer", Text: name, Due: today}, "m1")
		_, err3 := migration.Add(s, migration.Absence{Resident: id, Since: today}, "m1")
		_, err4 := s.Open(id, now)
		return errors.Join(err, err2, err3, err4)
	})
	w.update(func(tx *record.Tx) error {
		for i, state := range []outbox.DeliveryState{outbox.Booked, outbox.Claimed, outbox.Deferred, outbox.Sent, outbox.Delivered, outbox.Dropped, outbox.Unknown} {
			for j, d := range []outbox.Delivery{
				{To: "r:" + id},
				{To: "c:a", About: id},
				{To: "c:a", Facts: map[string]string{"who": id}},
			} {
				d.ID, d.State, d.Kind = fmt.Sprintf("delivery%d%d", i, j), state, "recorded"
				d.Cause, d.MsgID = "visit/"+id+"/x", int64(1+i*10+j)
				if err := outbox.Put(tx, d); err != nil {
					return err
				}
			}
		}
		form := []byte(`{"resident":"` + id + `","name":"` + name + `"}`)
		chat := dialogstate.Session{
			Flow: "visit", Form: form, Last: now.Unix(), Sought: name,
			Parked: []dialogstate.SuspendedForm{{Flow: "visit", Form: form, Title: name}, {Flow: "away", Form: []byte(`{}`), Title: "返乡"}},
			Offers: []dialogstate.Option{{Label: name + " 一组", Do: "resident " + id}},
			More:   []string{name + "的下一页"},
		}
		return errors.Join(
			personstore.BindResident(tx, own, id), personstore.BindResident(tx, "ofamily", id), personstore.BindResident(tx, "ofamily", other),
			dialogstate.Put(tx, "oa", chat), dialogstate.Put(tx, own, chat), dialogstate.Put(tx, "ofamily", dialogstate.Session{Last: now.Unix(), Sought: phone}),
			dialogstate.PutReceipt(tx, now, "m1", "给"+name+"记好了。"), dialogstate.PutReceipt(tx, now, "m2", "电话"+phone),
			func() error {
				u, err := tx.Save(func() error { return personstore.StopPushes(tx, id) })
				if err != nil {
					return err
				}
				u.Until, u.What, u.Form = now.Add(time.Minute).Unix(), name, form
				return tx.PutUndo("oa", u)
			}(),
			func() error { _, err := personstore.CountTry(tx, own, now); return err }(),
		)
	})
	r := personstore.Resident{ID: "line0000", Name: name, Phone: phone}
	for k, v := range map[string]any{
		"pin/" + id:                       "{}",
		"profileask/" + id:                map[string]string{"Half": "2026-2", "Cause": "profile/" + id + "/2026-2"},
		"pass/00ff":                       access.MagicLink{Kind: "mine", OpenID: own, Resident: id},
		"door/00fe":                       access.MagicLink{Kind: "mine", OpenID: "ofamily", Resident: id},
		"replaced/" + id:                  r,
		"paper/" + id + "/paper001":       documents.Document{ID: "paper001", Resident: id},
		"paper/" + other + "/paper002":    documents.Document{ID: "paper002", Resident: other, Proxy: id, At: 1764642000},
		"return/" + id + "/return01":      map[string]string{"ID": "return01", "Resident": id},
		"release_to/release1/" + id:       "",
		"request/requ0001":                requests.Request{ID: "requ0001", Resident: id, Text: phone},
		"request_number/0007":             "requ0001",
		"request_due/2026-12-02/requ0001": "",
		// Kinds that nobody has written yet, keyed and named as ours are.
		"new/" + id:                "x",
		"newer/" + id + "/a/b":     name,
		"newkin/" + id:             map[string]string{"ID": other},
		"newidx/" + jia + "/" + id: "",
		"newidx2/" + jia:           id,
		"newof/thing001":           map[string]any{"ID": "thing001", "Resident": id, "Number": 7},
		"newnumber/7":              "thing001",
		"newby/2026/thing001":      "",
		"newchat/" + own:           "{}",
		"newchats/x":               map[string]string{"OpenID": own},
		"newspouse/thing002":       map[string]any{"ID": "thing002", "Resident": other, "Spouse": id, "At": 1764642000123456789},
		"newcouple/thing003":       map[string]any{"ID": "thing003", "Resident": id, "Spouse": other},
		"newmap/x":                 map[string]any{"Said": map[string]int{id: 1, other: 2}},
		"newlist/x":                []string{id, other},
		"newcause/x":               map[string]string{"Cause": "a/" + id + "/b", "Kept": "yes"},
	} {
		w.put(k, v)
	}
}

// TestOfEveryKindNothingIsLeft: whatever kind a record is of, once a person is
// forgotten it says nothing of her; what is others' stays.
func TestOfEveryKindNothingIsLeft(t *testing.T) {
	w := newWorld(t)
	id, other := w.people[jia], w.people[yi]
	const name, phone, own = "郭敏", "17900001100", "oown0001"
	before := w.everything()
	w.everyKind(id, name, phone, own)
	if got := w.naming(id, name, phone, own); len(got) < 60 {
		t.Fatalf("only %d pairs are about her: the test shows little: %q", len(got), got)
	}
	n, err := erasure.Forget(w.store, t.Context(), []string{id, "nobody00"}, now.Add(24*time.Hour))
	if n != 1 || err != nil {
		t.Fatal(n, err)
	}
	for _, k := range w.naming(id, name, phone, own) {
		if !strings.HasPrefix(k, "audit/") {
			t.Errorf("left of her: %s = %s", k, w.everything()[k])
		}
	}
	after := w.everything()
	for k := range before {
		if _, ok := after[k]; !ok && !strings.Contains(k, id) {
			t.Errorf("gone with her: %s", k)
		}
	}
	for k, want := range map[string]string{
		"newspouse/thing002": `{"At":1764642000123456789,"ID":"thing002","Resident":"` + other + `"}`,
		"newcouple/thing003": `{"ID":"thing003","Spouse":"` + other + `"}`,
		"newmap/x":           `{"Said":{"` + other + `":2}}`,
		"newlist/x":          `["` + other + `"]`,
		"newcause/x":         `{"Kept":"yes"}`,
		"link/ofamily":       `{"OpenID":"ofamily","Residents":["` + other + `"]}`,
	} {
		if after[k] != want {
			t.Errorf("%s is %s, want %s", k, after[k], want)
		}
	}
	for k := range after {
		kind, rest, _ := strings.Cut(k, "/")
		if kind == "newnumber" || kind == "newby" || kind == "request_number" || kind == "request_due" || kind == "msgid" {
			t.Errorf("%s/%s leads to what is gone", kind, rest)
		}
	}
	w.update(func(tx *record.Tx) error {
		s, err := dialogstate.Load(tx, "oa")
		if s.Flow != "" || len(s.Parked) != 1 || s.Parked[0].Flow != "away" || s.Last != now.Unix() {
			t.Errorf("the cadre's chat is %+v", s)
		}
		text, again, err2 := dialogstate.LoadReceipt(tx, now, "m1")
		if text != "" || !again {
			t.Errorf("her answer is %q, %v", text, again)
		}
		gone, err3 := erasure.Gone(tx, name, phone, jia)
		if !gone {
			t.Error("an import would bring her back")
		}
		lines, err4 := personstore.Audits(tx, now, 9)
		if len(lines) != 1 || lines[0].What != "forgotten" || lines[0].Resident != id {
			t.Errorf("the audit says %+v", lines)
		}
		return errors.Join(err, err2, err3, err4)
	})
	evidence := 0
	for k, v := range after {
		if !strings.HasPrefix(k, "evidence/") {
			continue
		}
		evidence++
		var e erasure.Evidence
		if err := json.Unmarshal([]byte(v), &e); err != nil || e.Version != "2026-11" || e.Given != now.Unix() || e.Ended <= e.Given || e.Channel == "" {
			t.Errorf("%s = %s, %v", k, v, err)
		}
	}
	if evidence != 2 {
		t.Errorf("%d lines of evidence for two consents", evidence)
	}
}

// TestEvidenceSaysWhenEachYesEnded: one line a yes, none for a no.
func TestEvidenceSaysWhenEachYesEnded(t *testing.T) {
	w := newWorld(t)
	id := w.people[jia]
	at := func(days int) time.Time { return now.AddDate(0, 0, days) }
	w.as("oa", func(s personstore.Scope) error {
		for i, answer := range []personstore.Answer{personstore.Yes, personstore.No, personstore.Yes} {
			if err := consent.Put(s, consent.Consent{Resident: id, Set: purpose.VisitRecord, Answer: answer}, at(i)); err != nil {
				return err
			}
		}
		return consent.Put(s, consent.Consent{Resident: id, Set: purpose.Migration, Answer: personstore.No}, at(1))
	})
	w.update(func(tx *record.Tx) error { return erasure.Erase(tx, id, at(5)) })
	if _, err := erasure.Forget(w.store, t.Context(), []string{id}, at(9)); err != nil {
		t.Fatal(err)
	}
	var spans []string
	for k, v := range w.everything() {
		var e erasure.Evidence
		if strings.HasPrefix(k, "evidence/") && json.Unmarshal([]byte(v), &e) == nil {
			spans = append(spans, fmt.Sprintf("%s day %d to %d", e.Set, (e.Given-now.Unix())/86400, (e.Ended-now.Unix())/86400))
		}
	}
	slices.Sort(spans)
	if want := []string{"C0 day 0 to 1", "C0 day 2 to 5"}; !slices.Equal(spans, want) {
		t.Errorf("the evidence is %q, want %q", spans, want)
	}
}

// TestErasedIsThereForNobody: at once, and an undo brings all of it back.
func TestErasedIsThereForNobody(t *testing.T) {
	w := newWorld(t)
	id := w.people[jia]
	w.everyKind(id, "郭敏", "17900001100", "oown0001")
	before := w.everything()
	var u *record.Undo
	w.update(func(tx *record.Tx) (err error) {
		u, err = tx.Save(func() error { return erasure.Erase(tx, id, now) })
		if err != nil {
			return err
		}
		u.Until = now.Add(record.UndoTime).Unix()
		return tx.PutUndo("oc", u)
	})
	if got := w.sees("oc"); got != "乙丙" {
		t.Errorf("the clerk sees %s", got)
	}
	w.update(func(tx *record.Tx) error {
		if _, err := personstore.LoadResident(tx, id); !errors.Is(err, record.ErrNotFound) {
			t.Errorf("she is there: %v", err)
		}
		if err := erasure.Erase(tx, id, now); !errors.Is(err, record.ErrNotFound) {
			t.Errorf("erased twice: %v", err)
		}
		p, err := personstore.Identify(tx, "ofamily")
		if len(p.Residents) != 1 {
			t.Errorf("the family's WeChat stands for %q", p.Residents)
		}
		due, err2 := outbox.DueDeliveries(tx, now.AddDate(1, 0, 0), 99)
		for _, d := range due {
			if d.To == "r:"+id {
				t.Errorf("%s is still to be sent to her", d.ID)
			}
		}
		return errors.Join(err, err2)
	})
	for _, c := range []struct {
		name string
		at   time.Time
		want int
	}{
		{"while it can be taken back", now.Add(record.UndoTime), 0},
		{"afterwards", now.Add(record.UndoTime + time.Second), 1},
	} {
		w.update(func(tx *record.Tx) error {
			got, err := erasure.Erasures(tx, c.at, 9)
			if len(got) != c.want {
				t.Errorf("%s: %+v are to be deleted", c.name, got)
			}
			return err
		})
	}
	w.update(func(tx *record.Tx) error {
		u, err := tx.LoadUndo("oc", now)
		if err != nil {
			return err
		}
		return erasure.Restore(tx, "oc", u, now)
	})
	after := w.everything()
	for k, v := range before {
		if after[k] != v && !noted(k) {
			t.Errorf("%s was %q and is %q", k, v, after[k])
		}
	}
	for k := range after {
		if _, ok := before[k]; !ok && !noted(k) {
			t.Errorf("%s was not there", k)
		}
	}
}

// noted reports whether a key only says that something about somebody changed: what
// is taken back changed twice.
func noted(key string) bool { return strings.HasPrefix(key, "touch") }

// TestHerLineInTheListGoesToo: the same phone and name or sound, and nothing
// else kept; a namesake, and a line of which more is kept, stay.
func TestHerLineInTheListGoesToo(t *testing.T) {
	w := newWorld(t)
	var ids map[string]string
	add := func(tx *record.Tx, name, phone, village string) {
		r, err := personstore.AddResident(tx, personstore.Resident{Name: name, Phone: phone, Village: village, Self: village == "", Known: village == ""}, name+village)
		if err != nil {
			t.Fatal(err)
		}
		ids[name+village] = r.ID
	}
	w.update(func(tx *record.Tx) error {
		ids = map[string]string{}
		add(tx, "王秀兰", "17900002222", "")
		add(tx, "王秀兰", "17900002222", jia)
		add(tx, "王秀岚", "17900002222", yi)
		add(tx, "秀兰", "17900002222", yi)
		add(tx, "王大山", "17900002222", jia) // her husband, whose phone it is too
		add(tx, "王秀兰", "17900003333", bing)
		add(tx, "汪秀兰", "17900002222", bing)
		return personstore.BindResident(tx, "ow", ids["汪秀兰"+bing])
	})
	if n, err := erasure.Forget(w.store, t.Context(), []string{ids["王秀兰"]}, now); n != 4 || err != nil {
		t.Errorf("%d went, %v", n, err)
	}
	w.update(func(tx *record.Tx) error {
		for who, stays := range map[string]bool{"王秀兰": false, "王秀兰" + jia: false, "王秀岚" + yi: false, "秀兰" + yi: false, "王大山" + jia: true, "王秀兰" + bing: true, "汪秀兰" + bing: true} {
			if _, err := personstore.LoadResident(tx, ids[who]); (err == nil) != stays {
				t.Errorf("%s: %v", who, err)
			}
		}
		return nil
	})
}

// TestAHouseholdThatIsLeftEmptyGoes, one that is not keeps what is others'.
func TestAHouseholdThatIsLeftEmptyGoes(t *testing.T) {
	w := newWorld(t)
	var one, two string
	w.update(func(tx *record.Tx) error {
		h := personstore.Household{ID: "house009", Village: jia, Group: "二组", House: "9号", Landmark: "李爱华家", Contact: "a"}
		r := personstore.Resident{Name: "李爱华", Village: jia, Group: "二组", Household: h.ID, House: h.House}
		a, err := personstore.AddResident(tx, r, "1")
		r.Name = "李二"
		b, err2 := personstore.AddResident(tx, r, "2")
		one, two = a.ID, b.ID
		return errors.Join(err, err2, personstore.PutHousehold(tx, h))
	})
	forget := func(id string) {
		if _, err := erasure.Forget(w.store, t.Context(), []string{id}, now); err != nil {
			t.Fatal(err)
		}
	}
	forget(one)
	w.update(func(tx *record.Tx) error {
		h, err := personstore.LoadHousehold(tx, "house009")
		if h.Landmark != "" || h.Contact != "a" {
			t.Errorf("the house of who stays is %+v", h)
		}
		return err
	})
	forget(two)
	w.update(func(tx *record.Tx) error {
		if h, err := personstore.LoadHousehold(tx, "house009"); !errors.Is(err, record.ErrNotFound) {
			t.Errorf("an empty house is %+v, %v", h, err)
		}
		return nil
	})
}

// failing is a store whose Updates fail when none are left.
type failing struct {
	kv.Store
	left *int
}

var errCut = errors.New("cut off")

func (f failing) Update(ctx context.Context, fn func(kv.Tx) error) error {
	if *f.left--; *f.left < 0 {
		return errCut
	}
	return f.Store.Update(ctx, fn)
}

// TestForgettingThatIsCutShortEndsAsIfItHadNotBeen: at whichever transaction.
func TestForgettingThatIsCutShortEndsAsIfItHadNotBeen(t *testing.T) {
	var want map[string]string
	for cut := 0; ; cut++ {
		w := newWorld(t)
		id := w.people[jia]
		w.everyKind(id, "郭敏", "17900001100", "oown0001")
		for i := range 600 { // so that it is several pages
			w.put(fmt.Sprintf("middle/%03d", i), "{}")
		}
		dump := w.everything()
		engine, err := bolt.Open(filepath.Join(t.TempDir(), "x.db"), bolt.Options{NoSync: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { engine.Close() })
		err = engine.Update(t.Context(), func(tx kv.Tx) error {
			for k, v := range dump {
				if err := tx.Put([]byte(k), []byte(v)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		left := 1 << 20
		if w.store, err = storage.Open(t.Context(), failing{kvtest.Twice(engine), &left}, nil); err != nil {
			t.Fatal(err)
		}
		w.update(func(tx *record.Tx) error { return erasure.Erase(tx, id, now) })
		left = cut
		_, err = erasure.Forget(w.store, t.Context(), []string{id}, now.Add(24*time.Hour))
		whole := err == nil
		if !whole {
			left = 1 << 20
			var to []erasure.Erased
			w.update(func(tx *record.Tx) (err error) {
				to, err = erasure.Erasures(tx, now.Add(24*time.Hour), 9)
				return err
			})
			if !errors.Is(err, errCut) || len(to) != 1 {
				t.Fatalf("cut at %d: %v, %v are still to be deleted", cut, err, to)
			}
			if _, err := erasure.Forget(w.store, t.Context(), []string{id}, now.Add(24*time.Hour)); err != nil {
				t.Fatal(err)
			}
		}
		if left := w.naming("郭敏", "17900001100", "oown0001"); len(left) > 0 {
			t.Errorf("cut at %d: left of her: %q", cut, left)
		}
		kinds := map[string]string{}
		for k := range w.everything() {
			if kind, _, _ := strings.Cut(k, "/"); kind != "middle" {
				kinds[kind] += "|"
			}
		}
		if want == nil {
			want = kinds
		}
		if !maps.Equal(kinds, want) {
			t.Errorf("cut at %d: %v, want %v", cut, kinds, want)
		}
		if whole {
			if cut < 5 {
				t.Errorf("it is %d transactions: the test shows little", cut)
			}
			return
		}
	}
}

// TestHerSeatsAreOthers: an open booking is given up at once; of a couple's the
// other keeps his seat, through the night; what she booked long ago stays as a
// seat that was taken, by nobody.
func TestHerSeatsAreOthers(t *testing.T) {
	w := newWorld(t)
	w.town(nil)
	r := w.guests(3)
	couple, err := w.book("o0", r[0], 2, "08:30", "m1", now)
	alone, err2 := w.book("o2", r[2], 1, "08:30", "m2", now)
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	code := ""
	w.as("o0", func(s personstore.Scope) (err error) { code, err = bookings.SpouseCode(s, couple.ID); return err })
	w.as("o1", func(s personstore.Scope) error { _, err := bookings.Join(s, code, r[1], now); return err })
	taken := func() (n int) {
		w.update(func(tx *record.Tx) error {
			slots, err := bookings.Slots(tx, "checkup", clinicDay, clinicDay, now)
			n = 0
			for _, s := range slots {
				n += s.Taken
			}
			return err
		})
		return n
	}
	if n := taken(); n != 3 {
		t.Fatalf("%d seats are taken, want 3", n)
	}
	w.update(func(tx *record.Tx) error {
		return errors.Join(erasure.Erase(tx, r[0], now), erasure.Erase(tx, r[2], now))
	})
	if n := taken(); n != 1 {
		t.Errorf("%d seats are taken, want his alone", n)
	}
	if n, err := erasure.Forget(w.store, t.Context(), []string{r[0], r[2]}, now.Add(time.Hour)); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	if n := taken(); n != 1 {
		t.Errorf("after the night %d seats are taken, want his alone", n)
	}
	w.as("o1", func(s personstore.Scope) error {
		mine, err := bookings.Open(s, r[1], "checkup")
		if mine.ID != couple.ID || mine.Seats != 1 || mine.Resident != r[1] {
			t.Errorf("his booking is %+v", mine)
		}
		return err
	})
	w.as("od", func(s personstore.Scope) error {
		day, err := bookings.ListDay(s, clinicDay)
		if len(day) != 1 || day[0].ID == alone.ID {
			t.Errorf("the clinic expects %+v", day)
		}
		return err
	})
	for _, k := range w.naming(r[0], r[2], "客0", "客2") {
		if !strings.HasPrefix(k, "audit/") {
			t.Errorf("left of them: %s = %s", k, w.everything()[k])
		}
	}
}
