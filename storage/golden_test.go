package storage_test

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"xintiexin/storage"
	"xintiexin/storage/bolt"
	"xintiexin/storage/consent"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/followups"
	"xintiexin/storage/kv"
	"xintiexin/storage/migration"
	"xintiexin/storage/outbox"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	visitsstore "xintiexin/storage/visits"
)

// TestAStoreOfEachFormatIsRead opens the small stores of testdata, one for each
// format that was ever released, and reads what is in them. A file is never
// changed: a new format adds one (XINTIEXIN_GOLDEN=1 writes the current one).
func TestAStoreOfEachFormatIsRead(t *testing.T) {
	if os.Getenv("XINTIEXIN_GOLDEN") != "" {
		writeGolden(t, fmt.Sprintf("testdata/format%d.txt", storage.Format))
	}
	files, err := filepath.Glob("testdata/format*.txt")
	if err != nil || len(files) != storage.Format {
		t.Fatalf("%d golden stores for %d formats, %v", len(files), storage.Format, err)
	}
	for _, f := range files {
		engine, err := bolt.Open(filepath.Join(t.TempDir(), "x.db"), bolt.Options{NoSync: true})
		if err != nil {
			t.Fatal(err)
		}
		load(t, engine, f)
		store, err := storage.Open(t.Context(), engine, func(int) error { return nil })
		if err != nil {
			t.Fatal(f, err)
		}
		w := &world{t: t, store: store}
		w.as("oa", func(s personstore.Scope) error {
			hits, err := s.FindResidents(personstore.Query{Name: "郭敏"}, 5)
			if err != nil || len(hits) != 1 {
				t.Fatalf("%s: found %v, %v", f, hits, err)
			}
			id := hits[0].ID
			visits, err := visitsstore.List(s, id, 5)
			open, err2 := visitsstore.OpenFollowUps(s, id)
			agreed, err3 := consent.Get(s, id, purpose.VisitRecord)
			away, err4 := migration.Open(s, id)
			if len(visits) != 1 || len(open) != 1 || !agreed.Given() || away.Place != "苏州" {
				t.Errorf("%s: %v %v %v %v", f, visits, open, agreed, away)
			}
			return errors.Join(err, err2, err3, err4)
		})
		w.update(func(tx *record.Tx) error {
			d, err := outbox.DeliveryOf(tx, "golden")
			if d.Kind != "visit_eve" {
				t.Errorf("%s: delivery %+v", f, d)
			}
			chat, err2 := dialogstate.Load(tx, "oa")
			if chat.Flow != "visit" || string(chat.Form) != "half a form" {
				t.Errorf("%s: session %+v", f, chat)
			}
			text, ok, err3 := dialogstate.LoadReceipt(tx, now, "m1")
			if !ok || text != "存好了。" {
				t.Errorf("%s: receipt %q", f, text)
			}
			return errors.Join(err, err2, err3)
		})
		engine.Close()
	}
}

func writeGolden(t *testing.T, file string) {
	w := newWorld(t)
	id := w.people[jia]
	w.as("oa", func(s personstore.Scope) error {
		err := consent.Put(s, consent.Consent{Resident: id, Set: purpose.VisitRecord, Answer: personstore.Yes, Version: "2026-11", Channel: "oral"}, now)
		_, err2 := visitsstore.Add(s, visitsstore.Visit{Resident: id, Day: today, Way: "home", Kind: "greet", Finding: "well", At: now.Unix()}, "m1")
		_, err3 := visitsstore.AddFollowUp(s, followups.FollowUp{Resident: id, Kind: "visit", Due: today + 7, Asked: today}, "m1")
		_, err4 := migration.Add(s, migration.Absence{Resident: id, Place: "苏州", Since: today, Expected: "过年"}, "m1")
		return errors.Join(err, err2, err3, err4)
	})
	w.update(func(tx *record.Tx) error {
		_, err := outbox.Enqueue(tx, outbox.Delivery{Cause: "golden", Kind: "visit_eve", To: "r:" + id, Earliest: now.Unix(), Latest: now.Unix() + 60})
		return errors.Join(err, dialogstate.Put(tx, "oa", dialogstate.Session{Flow: "visit", Form: []byte("half a form")}), dialogstate.PutReceipt(tx, now, "m1", "存好了。"))
	})
	var b bytes.Buffer
	if err := storage.DumpForTest(t.Context(), w.store, func(p kv.Pair) {
		fmt.Fprintf(&b, "%s\t%s\n", p.Key, hex.EncodeToString(p.Value))
	}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func load(t *testing.T, engine kv.Store, file string) {
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	err = engine.Update(t.Context(), func(tx kv.Tx) error {
		lines := bufio.NewScanner(f)
		for lines.Scan() {
			k, v, _ := strings.Cut(lines.Text(), "\t")
			value, err := hex.DecodeString(v)
			if err != nil {
				return err
			}
			if err := tx.Put([]byte(k), value); err != nil {
				return err
			}
		}
		return lines.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
}
