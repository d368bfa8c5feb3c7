package seed

import (
	"context"
	"errors"
	"fmt"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/followups"
	"xintiexin/storage/migration"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/visits"
)

// Persona is somebody whose phone a simulator can hold.
type Persona struct {
	OpenID  string
	Name    string
	Role    string // 村干部, 办事员, 医生, 管理员, 居民
	Village string // 甲村, "" for the office
	Note    string // what can be tried as her
	Follows bool   // follows the account already
}

// Cast is who plays in the demo.
type Cast struct {
	Personas   []Persona
	InviteCode string // 14 digits, good for InviteTime from the day it was made
	InviteFor  string // the name of the cadre it binds
}

// Demo fills an empty store with the cast of the project's example
// conversations, in 样庄镇, as they stand on the morning of today, among some two
// hundred generated people. On a store that it filled earlier it only makes the
// invite good again, if nobody used it. It returns ErrNotEmpty for a store with
// other villages.
func Demo(ctx context.Context, store *record.Store, today calendar.Day, now time.Time) (Cast, error) {
	cast := theCast()
	filled, err := isDemo(ctx, store)
	if err != nil {
		return cast, err
	}
	if !filled {
		if err := fillDemo(ctx, store, today); err != nil {
			return cast, err
		}
	}
	err = store.Update(ctx, func(tx *record.Tx) error {
		c, err := personstore.LoadStaff(tx, invited)
		if err != nil || c.OpenID != "" {
			return err
		}
		return personstore.PutInvite(tx, cast.InviteCode, invited, now)
	})
	if err != nil {
		return cast, fmt.Errorf("make invite: %w", err)
	}
	return cast, nil
}

func isDemo(ctx context.Context, store *record.Store) (bool, error) {
	filled := false
	err := store.View(ctx, func(tx *record.Tx) error {
		_, err := personstore.LoadStaff(tx, invited)
		filled = err == nil
		if errors.Is(err, record.ErrNotFound) {
			return nil
		}
		return err
	})
	return filled, err
}

// Ids of the cast's staff.
const (
	wang    = "wangguiying"
	invited = "tianchunlan"
	sun     = "sunyumei"
	zhao    = "zhaowenjing"
	lijing  = "lijing"
	qian    = "qianlixin"
)

func theCast() Cast {
	var random [13]byte
	for i := range random {
		random[i] = byte(i*i*7 + 4) // a fixed code: whoever can read it holds the demo anyway
	}
	persona := func(id, name, role, village, note string, follows bool) Persona {
		return Persona{OpenID: OpenID("demo", id), Name: name, Role: role, Village: village, Note: note, Follows: follows}
	}
	code := personstore.NewCode(random)
	return Cast{InviteCode: code, InviteFor: "田春兰", Personas: []Persona{
		persona(wang, "王桂英", "村干部", "甲村", "试试：走访 郭敏；今日；返乡", true),
		persona(sun, "孙玉梅", "村干部", "乙村 丙村 丁村", "看不到甲村的人", true),
		persona(invited, "田春兰", "村干部，还没绑定", "甲村", "先关注，再发：绑定 "+code, false),
		persona(zhao, "赵文静", "办事员", "", "镇卫健办，四个村都看得到", true),
		persona(lijing, "李静", "医生", "", "镇卫生院", true),
		persona(qian, "钱立新", "管理员", "", "管系统的", true),
		persona("mengli", "孟丽", "居民", "甲村", "同意过，约好的前一晚会收到提醒", true),
		persona("wujuan", "吴娟", "居民", "甲村", "在昆山，同意记外出和返乡", true),
		persona("liuxiaoyan", "刘小燕", "居民，没用过", "甲村", "先扫甲村的海报关注，再发：约号", false),
		persona("chenzhiqiang", "陈志强", "居民，没用过", "甲村", "刘小燕的爱人：先关注，再发她那8位数", false),
		persona("hejing", "何静", "居民，没用过", "丙村", "试试：悄悄话；约号满了排候补", false),
		persona("malan", "马兰", "居民，没用过", "丁村", "试试：办事；找人；讲堂", false),
	}}
}

func fillDemo(ctx context.Context, store *record.Store, today calendar.Day) error {
	villages, cadres := demoTown()
	if err := open(ctx, store, today, villages, cadres); err != nil {
		return err
	}
	w := &writer{store: store, contacts: contacts(villages, cadres), today: today}
	if err := w.write(ctx, castHouseholds(villages, today)); err != nil {
		return fmt.Errorf("seed the cast: %w", err)
	}
	for i, people := range []int{80, 50, 40, 30} {
		if err := w.village(ctx, villages[i], population{people: people, seed: 20261123, calm: i == 0}); err != nil {
			return fmt.Errorf("seed village %s: %w", villages[i].ID, err)
		}
	}
	return nil
}

// demoTown is four villages and six members of staff, one of them not bound
// yet.
func demoTown() ([]personstore.Village, []personstore.Staff) {
	names := villageNames(4)
	codes := make([]string, len(names))
	var villages []personstore.Village
	for i, n := range names {
		codes[i] = villageCode(i)
		v := personstore.Village{ID: codes[i], Name: n}
		for _, g := range groupNames {
			if i == 0 {
				v.Groups = append(v.Groups, personstore.Group{Name: g, Contact: wang, Deputy: invited})
			} else {
				v.Groups = append(v.Groups, personstore.Group{Name: g, Contact: sun})
			}
		}
		villages = append(villages, v)
	}
	cadre := func(id, name, phone string, role personstore.Role, villages ...string) personstore.Staff {
		return personstore.Staff{ID: id, Name: name, Phone: phone, Roles: []personstore.Role{role}, Villages: villages, OpenID: OpenID("demo", id)}
	}
	cadres := []personstore.Staff{
		cadre(wang, "王桂英", "17900001101", personstore.VillageWorker, codes[0]),
		cadre(sun, "孙玉梅", "17900001102", personstore.VillageWorker, codes[1:]...),
		cadre(invited, "田春兰", "17900001103", personstore.VillageWorker, codes[0]),
		cadre(zhao, "赵文静", "17900001104", personstore.Clerk),
		cadre(lijing, "李静", "17900001105", personstore.Clinician),
		cadre(qian, "钱立新", "17900001106", personstore.Admin),
	}
	cadres[0].Morning = personstore.Yes
	cadres[2].OpenID = ""
	return villages, cadres
}

// castHouseholds are the residents of the conversations, as they stand in the
// morning of today: four things wait for 王桂英, five people of 甲村 are away.
func castHouseholds(villages []personstore.Village, today calendar.Day) []household {
	var out []household
	house := func(village int, group, plate string, people ...person) {
		v := villages[village]
		h := household{cause: "cast/" + v.ID + "/" + plate}
		h.Household = personstore.Household{ID: v.ID[6:] + "c" + plate, Village: v.ID, Group: group, House: plate + "号"}
		for _, p := range people {
			p.Village, p.Group, p.Household, p.House = v.ID, group, h.ID, h.House
			p.Source, p.Added = sourceID, today-200
			h.people = append(h.people, p)
		}
		out = append(out, h)
	}
	line := func(name, phone string) person {
		return person{Resident: personstore.Resident{Name: name, Phone: phone}}
	}
	asked := func(name, phone, kind string) person {
		p := line(name, phone)
		p.consents = []agreed{{purpose.VisitRecord, today - 60}}
		p.visits = []visits.Visit{{Day: today - 28, At: (today - 28).At(10, 20).Unix(), Way: "home", Kind: kind, Finding: "well"}}
		return p
	}
	waits := func(p person, kind, text string, due calendar.Day) person {
		p.followups = []followups.FollowUp{{Kind: kind, Text: text, Due: due, Asked: today - 7}}
		return p
	}
	gone := func(name, phone, place, expected string, back int) person {
		p := line(name, phone)
		p.consents = []agreed{{purpose.VisitRecord, today - 60}, {purpose.Migration, today - 60}}
		p.away = &migration.Absence{Place: place, Since: today - 60, At: (today - 60).At(11, 0).Unix(), Expected: expected}
		if back > 0 {
			p.away.ExpectedDay = today + calendar.Day(back)
		}
		return p
	}
	wechat := func(p person, id string) person {
		p.openid = OpenID("demo", id)
		return p
	}

	house(0, "一组", "501", line("张小山", ""), asked("张翠", "17900001190", "greet"))
	house(0, "一组", "502", asked("王秀兰", "15400002208", "errand"))
	house(0, "一组", "503", waits(asked("高霞", "16400003107", "followup"), "visit", "", today),
		waits(asked("周桂兰", "17900004216", "greet"), "answer", "补贴、手续", today))
	house(0, "一组", "504", gone("赵强", "19400008120", "济南", "下月", 25))
	house(0, "一组", "505", gone("高建国", "19400008121", "潍坊", "说不准", 0))
	house(0, "一组", "506", line("李秀芹", "15400007712"))
	house(0, "二组", "512", line("郭大成", "17900004408"), line("郭敏", "17900004409"))
	house(0, "二组", "513", wechat(waits(asked("孟丽", "17900003034", "greet"), "answer", "要带哪些纸", today), "mengli"))
	house(0, "二组", "514", line("刘小燕", ""), line("陈志强", ""))
	house(0, "二组", "515", gone("马小龙", "19400008122", "青岛", "过年", 60))
	house(0, "二组", "516", line("杜红", "17900002086"))
	house(0, "三组", "521", asked("王秀兰", "15400006651", "greet"))
	house(0, "三组", "522", waits(asked("吕芬", "16400005518", "followup"), "visit", "", today-1))
	house(0, "三组", "523", wechat(gone("吴娟", "17900009923", "昆山", "下周", 7), "wujuan"))
	house(0, "四组", "531", line("何小梅", "17900006634"))
	house(0, "四组", "532", gone("何小军", "19400008123", "苏州", "说不准", 40))
	house(0, "四组", "533", asked("刘翠英", "17900005526", "deliver"))
	house(1, "一组", "501", asked("孙丽", "17900007701", "greet"))
	house(2, "二组", "501", asked("何静", "17900007702", "greet"))
	house(3, "三组", "501", asked("马兰", "17900007703", "greet"))
	return out
}
