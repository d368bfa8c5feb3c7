package town

import (
	"context"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"

	"xintiexin/storage/access"
	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/seed"
)

// person is a resident of the directory.
type person struct {
	phone
	personstore.Resident
	agreed  bool // to be written about
	contact *cadre
	booking *booking
	with    *person // whose booking she joined
	blocks  bool    // template messages
}

// cadre is a member of staff with the residents she is the contact of.
type cadre struct {
	phone
	personstore.Staff
	people []*person
}

// booking is what somebody remembers of hers.
type booking struct {
	of       *person
	number   string
	couple   bool
	intent   string // come, move, cancel, forget
	answers  string // the reminder she answers: ahead, eve, none
	answered bool
}

// source is a stream of numbers of its own for each of the town's people, so that
// another option changes no more than it has to.
func (t *Town) source(who string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(who))
	return rand.New(rand.NewPCG(t.Seed, h.Sum64()))
}

// scale is how large the town is against that of domain.md 7.2.
func (t *Town) scale() float64 { return float64(t.People) / fullPeople }

// The town of domain.md 7.2: those who have to do with the service.
const (
	fullPeople   = 1000
	fullVillages = 21
	fullStaff    = 60
	agreeShare   = 0.30 // of the directory (storage/seed)
)

// fill invents the town and puts its followers on the platform.
func (t *Town) fill(ctx context.Context) error {
	part := math.Min(1, t.scale())
	villages := max(4, int(math.Round(fullVillages*part)))
	workers := max(2*villages, int(math.Round(fullStaff*part))-4)
	made, err := seed.Town(ctx, t.Store, seed.Options{
		Residents: int(float64(t.People) / agreeShare), Cadres: workers, Villages: villages, WeChat: t.Bound, Seed: t.Seed, Today: t.From})
	if err != nil {
		return fmt.Errorf("invent the town: %w", err)
	}
	second := personstore.Staff{ID: "o-clerk2", Name: "林岚", Phone: "15400000019", Roles: []personstore.Role{personstore.Clerk}}
	err = t.Store.Update(ctx, func(tx *record.Tx) error {
		if err := personstore.PutStaff(tx, second); err != nil {
			return err
		}
		openid := seed.OpenID(second.ID, fmt.Sprint(t.Seed))
		if err := personstore.PutAccount(tx, personstore.Account{OpenID: openid, Followed: t.From.At(8, 0).Unix()}); err != nil {
			return err
		}
		return access.Bind(tx, openid, second.ID)
	})
	if err != nil {
		return fmt.Errorf("a second clerk: %w", err)
	}
	t.villages = made.Villages
	return t.meet(ctx)
}

// meet reads staff and people back as the bot knows them.
func (t *Town) meet(ctx context.Context) error {
	var staff []personstore.Staff
	err := t.Store.View(ctx, func(tx *record.Tx) (err error) {
		staff, err = personstore.AllStaff(tx)
		return err
	})
	if err != nil {
		return err
	}
	byID := map[string]*cadre{}
	for _, c := range staff {
		one := &cadre{phone: phone{c.OpenID, t.source("cadre " + c.ID)}, Staff: c}
		byID[c.ID] = one
		switch {
		case c.Has(personstore.VillageWorker):
			t.workers = append(t.workers, one)
		case c.Has(personstore.Clerk):
			t.clerks = append(t.clerks, one)
		case c.Has(personstore.Clinician):
			t.clinician = one
		}
		t.staff[c.OpenID] = one
		t.Platform.Followed(c.OpenID)
	}
	for _, v := range t.villages {
		if err := t.meetVillage(ctx, v.ID, byID); err != nil {
			return fmt.Errorf("meet the people: %w", err)
		}
	}
	return nil
}

func (t *Town) meetVillage(ctx context.Context, village string, staff map[string]*cadre) error {
	for page := (record.Page{}); !page.Done; {
		var all []*person
		next := page
		err := t.Store.View(ctx, func(tx *record.Tx) error {
			all = nil
			rs, p, err := personstore.ResidentPage(tx, village, page, 500)
			if err != nil {
				return err
			}
			next = p
			for _, r := range rs {
				one, err := t.known(tx, r, staff)
				if err != nil {
					return err
				}
				all = append(all, one)
			}
			return nil
		})
		if err != nil {
			return err
		}
		page = next
		for _, p := range all {
			t.people = append(t.people, p)
			if p.contact != nil {
				p.contact.people = append(p.contact.people, p)
			}
			if p.openid != "" {
				t.follows(p)
			}
		}
	}
	return nil
}

func (t *Town) known(tx *record.Tx, r personstore.Resident, staff map[string]*cadre) (*person, error) {
	p := &person{Resident: r, phone: phone{rng: t.source("resident " + r.ID)}}
	agreed, err := consent.Load(tx, r.ID, purpose.VisitRecord)
	if err != nil {
		return nil, err
	}
	p.agreed = agreed.Given()
	if p.openid, err = personstore.WeChatOf(tx, r.ID); err != nil {
		return nil, err
	}
	contact, _, err := personstore.ContactOf(tx, r)
	p.contact = staff[contact]
	return p, err
}

// shareBlocked is of followers: template messages to them fail after they were
// accepted.
const shareBlocked = 0.01

// follows puts somebody's WeChat on the platform.
func (t *Town) follows(p *person) {
	t.holders[p.openid] = p
	t.Platform.Followed(p.openid)
	if p.rng.Float64() < shareBlocked {
		p.blocks = true
		t.Platform.Block(p.openid)
	}
}

// some is a number of events of which so many are expected.
func some(rng *rand.Rand, expected float64) int {
	n := int(expected)
	if rng.Float64() < expected-float64(n) {
		n++
	}
	return n
}

// awake is an instant of a day at which residents write (domain.md 7.3).
func awake(rng *rand.Rand, day calendar.Day) (hour, minute int) {
	span := pick(rng, [][2]int{{7 * 60, 90}, {12 * 60, 60}, {18*60 + 30, 150}, {18*60 + 30, 150}})
	m := span[0] + rng.IntN(span[1])
	return m / 60, m % 60
}
