// Package seed fills a store with an invented town: people to try the bot on
// and to load it with. Nobody in it exists. Codes begin with 379999 and phones
// with 154, 164, 179 or 194, which were never assigned. The mark 〔试〕 stands in
// the town's name and title and in the source of every person rather than in
// her name, where it would be a syllable that people had to type.
//
// The same Options give the same town, ids and openids included. Everything is
// written through storage's own methods, in pages.
package seed

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"xintiexin/storage/access"
	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/migration"
	"xintiexin/storage/ops"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
	"xintiexin/storage/visits"
)

// ErrNotEmpty is returned by Town for a store that has villages already: an
// invented town is never mixed with a real one.
var ErrNotEmpty = errors.New("seed: the store is not empty")

// pageSize is how many people one Update writes.
const pageSize = 500

// perVillage is how many people a village has on average (domain.md 7.1).
const perVillage = 1800

// Options say how large a town is.
type Options struct {
	Residents int          // people
	Cadres    int          // village workers, each bound to an invented openid; at least 1
	Villages  int          // 0: one for every 1,800 people, at least 4
	WeChat    float64      // of those who agreed to something, how many are linked to a WeChat; 0: a tenth
	Seed      uint64       // another number gives other people
	Today     calendar.Day // the day around which visits and follow-ups lie

	// Progress, if set, is called after each page with the people written.
	Progress func(residents int)
}

// Result is what was written.
type Result struct {
	Villages  []personstore.Village
	Cadres    []personstore.Staff // the village workers, with their openids
	Office    []personstore.Staff // a clerk, a clinician and an admin, with their openids
	Residents int
	Consented int // of them, those who agreed to be written about (C0)
}

// Town fills an empty store with an invented town. It returns ErrNotEmpty, and
// writes nothing, when the store has villages; when ctx ends, what was written
// by then stays.
func Town(ctx context.Context, store *record.Store, o Options) (Result, error) {
	var res Result
	if o.Residents < 0 || o.Today == 0 {
		return res, fmt.Errorf("seed: %d residents on day %q", o.Residents, o.Today)
	}
	o.Cadres = max(o.Cadres, 1)
	names := villageNames(cmp.Or(o.Villages, max(4, (o.Residents+perVillage-1)/perVillage)))
	res.Cadres, res.Office = workers(o, names), office(o.Seed)
	res.Villages = villages(names, res.Cadres)
	if err := open(ctx, store, o.Today, res.Villages, append(append([]personstore.Staff{}, res.Office...), res.Cadres...)); err != nil {
		return res, err
	}
	w := &writer{store: store, contacts: contacts(res.Villages, res.Cadres), today: o.Today, progress: o.Progress}
	for i, v := range res.Villages {
		people := o.Residents*(i+1)/len(res.Villages) - o.Residents*i/len(res.Villages)
		if err := w.village(ctx, v, population{people: people, seed: o.Seed, wechat: o.WeChat}); err != nil {
			return res, fmt.Errorf("seed village %s: %w", v.ID, err)
		}
	}
	res.Residents, res.Consented = w.residents, w.consented
	return res, nil
}

// open writes what the people stand on: the town, its villages and its staff.
// All cadres of a village are written at once; a page holds pageSize of them.
func open(ctx context.Context, store *record.Store, today calendar.Day, villages []personstore.Village, cadres []personstore.Staff) error {
	err := store.Update(ctx, func(tx *record.Tx) error {
		there, err := personstore.Villages(tx)
		if err != nil {
			return err
		}
		if len(there) > 0 {
			return ErrNotEmpty
		}
		if err := townconfig.PutTown(tx, townconfig.Town{Name: "样庄镇〔试〕", Title: "样庄心贴心〔试〕", Office: "样庄镇卫健办", Clinic: "便民服务点", Phone: "15400000009"}); err != nil {
			return err
		}
		for _, v := range villages {
			if err := personstore.PutVillage(tx, v); err != nil {
				return err
			}
		}
		return ops.PutSource(tx, ops.Source{ID: sourceID, From: "生成的试用数据〔试〕，没有真人", Ground: "试用", By: "seed", At: today.At(8, 0).Unix()})
	})
	if err != nil {
		return err
	}
	for ; len(cadres) > 0; cadres = cadres[min(len(cadres), pageSize):] {
		page := cadres[:min(len(cadres), pageSize)]
		err := store.Update(ctx, func(tx *record.Tx) error {
			for _, c := range page {
				if err := putCadre(tx, c, today); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("seed cadres: %w", err)
		}
	}
	return nil
}

func putCadre(tx *record.Tx, c personstore.Staff, today calendar.Day) error {
	openid := c.OpenID
	c.OpenID = ""
	if err := personstore.PutStaff(tx, c); err != nil || openid == "" {
		return err
	}
	if err := personstore.PutAccount(tx, personstore.Account{OpenID: openid, Followed: today.At(8, 0).Unix()}); err != nil {
		return err
	}
	return access.Bind(tx, openid, c.ID)
}

const sourceID = "seed"

// OpenID is an invented WeChat name of the usual 28 characters.
func OpenID(parts ...string) string {
	sum := sha256.Sum256([]byte(fmt.Sprint(parts)))
	return "oShi_" + hex.EncodeToString(sum[:])[:23]
}

// workers spreads the village workers: each village is served when there are
// enough of them; fewer serve several, more share one.
func workers(o Options, names []string) []personstore.Staff {
	rng := source(o.Seed, "cadres", 0)
	out := make([]personstore.Staff, o.Cadres)
	for i := range out {
		id := fmt.Sprintf("w%05d", i+1)
		c := personstore.Staff{ID: id, Name: name(rng), Phone: phone(rng), Roles: []personstore.Role{personstore.VillageWorker},
			OpenID: OpenID(id, fmt.Sprint(o.Seed)), Morning: personstore.Yes}
		for v := i % len(names); v < len(names); v += o.Cadres {
			c.Villages = append(c.Villages, villageCode(v))
		}
		out[i] = c
	}
	return out
}

func office(seed uint64) []personstore.Staff {
	rng := source(seed, "office", 0)
	var out []personstore.Staff
	for _, role := range []personstore.Role{personstore.Clerk, personstore.Clinician, personstore.Admin} {
		id := "o-" + string(role)
		out = append(out, personstore.Staff{ID: id, Name: name(rng), Phone: phone(rng), Roles: []personstore.Role{role}, OpenID: OpenID(id, fmt.Sprint(seed))})
	}
	return out
}

// villages gives each village four groups; the workers who serve it take turns
// as contact, the next one is deputy.
func villages(names []string, cadres []personstore.Staff) []personstore.Village {
	serving := map[string][]string{}
	for _, c := range cadres {
		for _, v := range c.Villages {
			serving[v] = append(serving[v], c.ID)
		}
	}
	out := make([]personstore.Village, len(names))
	for i, n := range names {
		out[i] = personstore.Village{ID: villageCode(i), Name: n}
		for j, g := range groupNames {
			group := personstore.Group{Name: g}
			if all := serving[out[i].ID]; len(all) > 0 {
				group.Contact = all[j%len(all)]
				if len(all) > 1 {
					group.Deputy = all[(j+1)%len(all)]
				}
			}
			out[i].Groups = append(out[i].Groups, group)
		}
	}
	return out
}

// contacts finds, for a village and group, the cadre who writes things down.
func contacts(villages []personstore.Village, cadres []personstore.Staff) map[[2]string]personstore.Staff {
	byID := map[string]personstore.Staff{}
	for _, c := range cadres {
		byID[c.ID] = c
	}
	out := map[[2]string]personstore.Staff{}
	for _, v := range villages {
		for _, g := range v.Groups {
			if c, ok := byID[g.Contact]; ok {
				out[[2]string{v.ID, g.Name}] = c
			}
		}
	}
	return out
}

// writer writes households page by page.
type writer struct {
	store    *record.Store
	contacts map[[2]string]personstore.Staff
	today    calendar.Day
	progress func(int)

	residents, consented int
}

// village writes the people of a village. Households are made in memory first,
// so that a page that runs twice writes the same.
func (w *writer) village(ctx context.Context, v personstore.Village, p population) error {
	rng := source(p.seed, v.ID, 0)
	for left, no := p.people, 1; left > 0; {
		var page []household
		people := 0
		for people < pageSize && people < left {
			h := p.household(rng, v, no, left-people, w.today)
			page = append(page, h)
			people += len(h.people)
			no++
		}
		if err := w.write(ctx, page); err != nil {
			return err
		}
		left -= people
	}
	return nil
}

func (w *writer) write(ctx context.Context, page []household) error {
	residents, consented := 0, 0
	err := w.store.Update(ctx, func(tx *record.Tx) error {
		residents, consented = 0, 0
		scopes := map[string]personstore.Scope{}
		for _, h := range page {
			scope, err := w.scope(tx, scopes, h)
			if err != nil {
				return err
			}
			c, err := putHousehold(tx, scope, h)
			if err != nil {
				return err
			}
			residents, consented = residents+len(h.people), consented+c
		}
		return nil
	})
	if err != nil {
		return err
	}
	w.residents, w.consented = w.residents+residents, w.consented+consented
	if w.progress != nil {
		w.progress(w.residents)
	}
	return nil
}

// scope is what the contact of a household's group sees; one is made for each
// contact and page.
func (w *writer) scope(tx *record.Tx, made map[string]personstore.Scope, h household) (personstore.Scope, error) {
	c := w.contacts[[2]string{h.Village, h.Group}]
	if s, ok := made[c.ID]; ok {
		return s, nil
	}
	s, err := personstore.ScopeOf(tx, personstore.Person{OpenID: c.OpenID, Cadre: c})
	made[c.ID] = s
	return s, err
}

func putHousehold(tx *record.Tx, s personstore.Scope, h household) (consented int, err error) {
	if err := personstore.PutHousehold(tx, h.Household); err != nil {
		return 0, err
	}
	for i, p := range h.people {
		r, err := personstore.AddResident(tx, p.Resident, fmt.Sprintf("seed/%s/%d", h.cause, i))
		if err != nil {
			return 0, err
		}
		if len(p.consents) > 0 {
			consented++
		}
		if err := p.put(tx, s, r.ID); err != nil {
			return 0, fmt.Errorf("%s of %s: %w", r.Name, r.Village, err)
		}
	}
	return consented, nil
}

// put writes what is known of a person who agreed to it.
func (p person) put(tx *record.Tx, s personstore.Scope, id string) error {
	for _, c := range p.consents {
		at := c.day.At(10, 0)
		err := consent.Put(s, consent.Consent{Resident: id, Set: c.set, Answer: personstore.Yes, Version: "试", Channel: "oral"}, at)
		if err != nil {
			return err
		}
	}
	for _, v := range p.visits {
		v.Resident = id
		if _, err := visits.Add(s, v, "seed/visit/"+id+"/"+v.Day.String()); err != nil {
			return err
		}
	}
	for _, f := range p.followups {
		f.Resident = id
		if _, err := visits.AddFollowUp(s, f, "seed/followup/"+id+"/"+f.Due.String()); err != nil {
			return err
		}
	}
	if p.away != nil {
		a := *p.away
		a.Resident = id
		if _, err := migration.Add(s, a, "seed/away/"+id); err != nil {
			return err
		}
	}
	if p.openid == "" {
		return nil
	}
	if err := personstore.PutAccount(tx, personstore.Account{OpenID: p.openid, Followed: p.consents[0].day.At(10, 0).Unix()}); err != nil {
		return err
	}
	return personstore.BindResident(tx, p.openid, id)
}

// source is a stream of numbers of its own for each purpose, so that more
// people in one village do not change those of the next.
func source(seed uint64, what string, n int) *rand.Rand {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d/%s/%d", seed, what, n))
	return rand.New(rand.NewChaCha8(sum))
}

// instant is a working hour of a day.
func instant(rng *rand.Rand, d calendar.Day) time.Time { return d.At(8+rng.IntN(10), rng.IntN(60)) }
