package flows_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"xintiexin/flows"
	"xintiexin/flows/dialog"
	peopleroom "xintiexin/flows/people"
	"xintiexin/flows/site"
	"xintiexin/storage"
	"xintiexin/storage/access"
	"xintiexin/storage/bolt"
	"xintiexin/storage/bookings"
	"xintiexin/storage/calendar"
	"xintiexin/storage/consent"
	"xintiexin/storage/deliverykinds"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/erasure"
	"xintiexin/storage/kv"
	"xintiexin/storage/kvtest"
	"xintiexin/storage/migration"
	"xintiexin/storage/outbox"
	"xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/townconfig"
)

var update = flag.Bool("update", false, "write the bot's side of the transcripts anew")

// TestTranscripts plays every conversation of testdata: what stands behind ">"
// is sent, what stands behind "<" must be answered. Each line is a transaction
// of its own, each run twice, and the store is closed and opened again at every
// "restart".
//
//	as NAME              who is holding the phone
//	clock 2026-12-02 10:20
//	wait 4m
//	restart
//	> words              typed
//	> [语音] [关注] [取关] [扫码 SCENE] [菜单 KEY] [旧 1 都好] (a tap on an older screen)
//	! WHAT               done to the store from outside (see player.do)
//	job NAME             the clock's own work of that name
//	push                 what is due by now is sent: "<< NAME: words", and the clock's work on seats is done
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no transcripts", err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".txt"), func(t *testing.T) { play(t, f) })
	}
}

type player struct {
	t     *testing.T
	chat  string // the conversation's name, for ids that are the same whoever plays it
	path  string
	store *record.Store
	talk  *dialog.Talk
	now   time.Time
	who   string
	n     int
	token map[string]uint32 // of the last screen shown to each
	code  string
	codes map[string]string // what is made of the store's secret, by the name that stands for it in a transcript

	residents map[string]string // name → id
}

func play(t *testing.T, file string) {
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p := &player{t: t, chat: strings.TrimSuffix(filepath.Base(file), ".txt"), path: filepath.Join(t.TempDir(), "x.db"), token: map[string]uint32{}, residents: map[string]string{}, codes: map[string]string{}}
	p.open()
	defer func() { p.store.Close() }()
	p.now = calendar.Date(2026, 12, 2).At(10, 20)
	p.town()
	var got []string
	lines := strings.Split(strings.TrimRight(string(src), "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		if strings.HasPrefix(line, "<") {
			continue // written anew from what is answered
		}
		got = append(got, line)
		switch word, rest, _ := strings.Cut(line, " "); word {
		case "as":
			p.who = rest
		case "clock":
			at, err := time.ParseInLocation("2006-01-02 15:04", rest, calendar.Zone)
			if err != nil {
				t.Fatalf("%s:%d: %v", file, i+1, err)
			}
			p.now = at
		case "wait":
			d, err := time.ParseDuration(rest)
			if err != nil {
				t.Fatalf("%s:%d: %v", file, i+1, err)
			}
			p.now = p.now.Add(d)
		case "restart":
			p.store.Close()
			p.open()
		case "push":
			got = append(got, p.push()...)
		case "job":
			p.job(rest)
		case "!":
			p.do(rest)
		case ">":
			for l := range strings.SplitSeq(p.send(rest), "\n") {
				got = append(got, strings.TrimRight("< "+l, " "))
			}
			p.now = p.now.Add(3 * time.Second)
		}
	}
	text := strings.Join(got, "\n") + "\n"
	if *update {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if text != string(src) {
		g := strings.Split(text, "\n")
		for i := range max(len(g), len(lines)) {
			if at(g, i) != at(lines, i) {
				t.Fatalf("%s:%d:\n got %q\nwant %q\n(go test ./flows -update writes it anew)", file, i+1, at(g, i), at(lines, i))
			}
		}
	}
}

func at(l []string, i int) string {
	if i < len(l) {
		return l[i]
	}
	return ""
}

func (p *player) open() {
	engine, err := bolt.Open(p.path, bolt.Options{NoSync: true})
	if err != nil {
		p.t.Fatal(err)
	}
	p.store, err = storage.Open(context.Background(), kvtest.Twice(kv.Store(engine)), nil)
	if err != nil {
		p.t.Fatal(err)
	}
	if p.talk, err = flows.New(); err != nil {
		p.t.Fatal(err)
	}
}

// send plays one message and returns what is answered, as a person reads it.
func (p *player) send(words string) string {
	p.n++
	m := dialog.Message{ID: fmt.Sprintf("%s-%d", "TestTranscripts/"+p.chat, p.n), From: "o_" + p.who, Text: words, At: p.now}
	m.From = openids[p.who]
	if in, ok := strings.CutPrefix(words, "["); ok {
		what, arg, _ := strings.Cut(strings.TrimSuffix(in, "]"), " ")
		m.Text = arg
		switch what {
		case "语音", "图片":
			m.Kind = dialog.Media
		case "关注", "扫码关注":
			m.Kind = dialog.Follow
		case "取关":
			m.Kind = dialog.Unfollow
		case "扫码":
			m.Kind = dialog.Scan
			if arg == "绑定" {
				m.Text = peopleroom.Scene(p.code)
			}
		case "菜单":
			m.Kind = dialog.Click
		case "点":
			m.Token, m.Tapped = p.token[p.who], true
		case "旧":
			m.Token, m.Tapped = p.token[p.who]-1, true
		default:
			p.t.Fatalf("unknown act %q", words)
		}
	}
	for mask, code := range p.codes {
		m.Text = strings.ReplaceAll(m.Text, mask, code)
	}
	if m.Text == "CODE" || m.Text == "绑定CODE" {
		m.Text = strings.Replace(m.Text, "CODE", p.code, 1)
	}
	var r dialog.Reply
	err := p.store.Update(context.Background(), func(tx *record.Tx) (err error) {
		r, err = p.talk.Handle(tx, m)
		return err
	})
	if err != nil {
		p.t.Fatalf("%q: %v", words, err)
	}
	if r.Token != 0 {
		p.token[p.who] = r.Token
	}
	text := p.masked(r.Text)
	for _, l := range r.Links {
		text += "\n" + l.Label + dialog.SayLink
	}
	text = strings.TrimPrefix(text, "\n")
	for i, o := range r.Options {
		if r.Heads != nil && r.Heads[i] != "" {
			text += "\n" + r.Heads[i]
		}
		text += fmt.Sprintf("\n%d %s", i+1, o)
	}
	return text
}

// secrets are codes that differ from store to store: 14 digits of a binding code,
// 8 of a couple's, and numbers that are not to be guessed.
var secrets = []struct {
	mask string
	re   *regexp.Regexp
}{
	{"BINDCODE", regexp.MustCompile(`\d{4} \d{4} \d{4} \d\d`)},
	{"PAIRCODE", regexp.MustCompile(`\d{4} \d{4}`)},
	{"群发TELL", regexp.MustCompile(`群发 \d{4}`)},
	{"回RELEASE", regexp.MustCompile(`回 \d{4}`)},
}

// masked puts a name in place of a code, by which the transcript can send it.
func (p *player) masked(text string) string {
	for _, s := range secrets {
		if code := s.re.FindString(text); code != "" {
			p.codes[s.mask] = code
			text = strings.ReplaceAll(text, code, s.mask)
		}
	}
	if m := noteNumber.FindStringSubmatch(text); m != nil {
		p.codes["NOTE"] = m[1]
	}
	if n := p.codes["NOTE"]; n != "" {
		text = strings.ReplaceAll(text, n, "NOTE")
	}
	return text
}

// noteNumber is by what somebody finds her question again.
var noteNumber = regexp.MustCompile(`条号 (\d{4})`)

// push sends what is due, to each by the words of a notice.
func (p *player) push() (lines []string) {
	err := p.store.Update(context.Background(), func(tx *record.Tx) error {
		lines = nil
		if _, err := bookings.ExpireOffers(tx, p.now, 100); err != nil {
			return err
		}
		due, err := outbox.DueDeliveries(tx, p.now, 100)
		if err != nil {
			return err
		}
		for _, d := range due {
			reason, err := deliverykinds.StillValid(tx, d)
			if err != nil {
				return err
			}
			if d.Latest < p.now.Unix() {
				reason = "stale"
			}
			if d.Settled = p.now.Unix(); reason != "" {
				d.State, d.Reason = outbox.Dropped, reason
			} else {
				if d, err = deliverykinds.Prepare(tx, d, p.now); err != nil {
					return err
				}
				d.State, d.Channel = outbox.Delivered, "template"
				words := flows.Notice(d)
				lines = append(lines, "<< "+p.name(tx, d.To)+": "+strings.ReplaceAll(words.Text, "\n", "\n<< "))
			}
			if err := outbox.Put(tx, d); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		p.t.Fatal("push: ", err)
	}
	return lines
}

// as is the scope of somebody's own WeChat.
func (p *player) as(tx *record.Tx, name string) person.Scope {
	who, err := person.Identify(tx, openids[name])
	if err != nil {
		p.t.Fatal(err)
	}
	if who.OpenID == "" {
		who.OpenID = openids[name]
	}
	s, err := person.ScopeOf(tx, who)
	if err != nil {
		p.t.Fatal(err)
	}
	return s
}

// name is who a delivery goes to.
func (p *player) name(tx *record.Tx, to string) string {
	kind, id, _ := strings.Cut(to, ":")
	if kind == "c" {
		if c, err := person.LoadStaff(tx, id); err == nil {
			return c.Name
		}
	}
	if r, err := person.LoadResident(tx, id); err == nil && kind == "r" {
		return r.Name
	}
	for name, openid := range openids {
		if openid == id {
			return name
		}
	}
	return to
}

// do changes the store from outside, as other people and jobs do.
func (p *player) do(what string) {
	verb, rest, _ := strings.Cut(what, " ")
	err := p.store.Update(context.Background(), func(tx *record.Tx) error {
		switch verb {
		case "invite":
			p.code = person.NewCode([13]byte{4, 8, 2, 9, 1, 3, 0, 7, 2, 5, 6, 1, 7})
			return person.PutInvite(tx, p.code, ids[rest], p.now)
		case "kin": // the WeChat stands for a resident too
			who, name, _ := strings.Cut(rest, " ")
			return person.BindResident(tx, openids[who], p.residents[name])
		case "clerk": // somebody of the staff is clerk too
			c, err := person.LoadStaff(tx, rest)
			c.Roles = append(c.Roles, person.Clerk)
			if err != nil {
				return err
			}
			return person.PutStaff(tx, c)
		case "serves": // CADRE VILLAGE: a list gives a cadre another village
			name, village, _ := strings.Cut(rest, " ")
			c, err := person.LoadStaff(tx, ids[name])
			if err != nil {
				return err
			}
			all, err := person.Villages(tx)
			if err != nil {
				return err
			}
			c.Villages = nil
			for _, v := range all {
				if v.Name == village {
					c.Villages = append(c.Villages, v.ID)
				}
			}
			return person.PutStaff(tx, c)
		case "bind": // a cadre's WeChat is bound anew, from another phone
			who, cadre, _ := strings.Cut(rest, " ")
			return access.Bind(tx, openids[who], ids[cadre])
		case "site": // the built-in site data, under the names of the transcripts' town
			town, err := townconfig.LoadTown(tx)
			if err != nil {
				return err
			}
			data := site.Builtin()
			data.Town = town
			return storage.PutSite(tx, data, "", p.now)
		case "person": // NAME PHONE: signed up by her own WeChat, in no village
			name, phone, _ := strings.Cut(rest, " ")
			r, err := enrolment.Register(p.as(tx, name), name, phone, "", consent.Consent{Answer: person.Yes, Version: "test"}, "person/"+name, p.now)
			p.residents[name] = r.ID
			return err
		case "signed": // NAME PHONE: as person, with the site's own text
			name, phone, _ := strings.Cut(rest, " ")
			r, err := enrolment.Register(p.as(tx, name), name, phone, "", consent.Consent{Answer: person.Yes}, "person/"+name, p.now)
			p.residents[name] = r.ID
			return err
		case "silent": // the account has no template
			return townconfig.PutTemplates(tx, nil)
		case "notices": // the account has subscription notices
			return outbox.PutSubscriptionTemplates(tx, townconfig.Templates{"appointment": {ID: "SUB_BOOKING"}, "offer": {ID: "SUB_BOOKING"}, "paper": {ID: "SUB_PAPER"}, "lecture": {ID: "SUB_BOOKING"}})
		case "accept": // NAME TEMPLATE: on the page
			name, template, _ := strings.Cut(rest, " ")
			return outbox.AcceptNotice(tx, openids[name], template)
		case "refuse": // NAME TEMPLATE: on the page
			name, template, _ := strings.Cut(rest, " ")
			return outbox.RefuseNotice(tx, openids[name], template, false, p.now)
		case "agree": // NAME SET
			name, set, _ := strings.Cut(rest, " ")
			return enrolment.Agree(p.as(tx, name), consent.Consent{Resident: p.residents[name], Set: purpose.Purpose(set), Answer: person.Yes, Version: "test"}, p.now)
		case "book": // NAME DAY HOUR SEATS, by her own WeChat
			f := strings.Fields(rest)
			day, err := calendar.ParseDay(f[1])
			if err != nil {
				return err
			}
			_, err = bookings.Book(p.as(tx, f[0]), bookings.Appointment{Service: "checkup", Resident: p.residents[f[0]], Seats: int(f[3][0] - '0'), Day: day, Time: f[2]}, what, p.now)
			return err
		case "join": // SPOUSE NAME: he comes in by her code
			he, she, _ := strings.Cut(rest, " ")
			a, err := bookings.Open(p.as(tx, she), p.residents[she], "checkup")
			if err != nil {
				return err
			}
			code, err := bookings.SpouseCode(p.as(tx, she), a.ID)
			if err != nil {
				return err
			}
			_, err = bookings.Join(p.as(tx, he), code, p.residents[he], p.now)
			return err
		case "queue": // NAME: on the waiting list
			_, err := bookings.JoinWaitingList(p.as(tx, rest), bookings.Waiting{Resident: p.residents[rest], Service: "checkup", Seats: 1}, what, p.now)
			return err
		case "home": // NAME DAY: she said when she comes home
			name, at, _ := strings.Cut(rest, " ")
			day, err := calendar.ParseDay(at)
			if err != nil {
				return err
			}
			clerk, err := person.Identify(tx, openids["赵文静"])
			if err != nil {
				return err
			}
			s, err := person.ScopeOf(tx, clerk)
			if err != nil {
				return err
			}
			_, err = migration.Add(s, migration.Absence{Resident: p.residents[name], Place: "苏州", ExpectedDay: day, Expected: day.Short()}, what)
			return err
		case "slot": // DAY HOUR CAPACITY: the clerk sets how many seats an hour has
			f := strings.Fields(rest)
			day, err := calendar.ParseDay(f[0])
			if err != nil {
				return err
			}
			n, err := strconv.Atoi(f[2])
			if err != nil {
				return err
			}
			_, err = bookings.PublishSlots(p.as(tx, "赵文静"), []bookings.Slot{{Service: "checkup", Day: day, Time: f[1], Capacity: n}}, what, p.now)
			return err
		case "miss": // NAME: the clinic notes that she did not come
			a, err := bookings.Open(p.as(tx, rest), p.residents[rest], "checkup")
			if err != nil {
				return err
			}
			_, err = bookings.Miss(p.as(tx, "李静"), a.ID, p.now)
			return err
		case "ask": // LABEL NEED OTHERWISE: a question of the site before a booking
			f := strings.Fields(rest)
			now, err := townconfig.Current(tx)
			if err != nil {
				return err
			}
			data := *now
			data.Questions = append(slices.Clone(data.Questions), townconfig.SiteQuestion{Service: "checkup", Name: f[0], Label: f[0], Need: strings.Trim(f[1], "-"), Otherwise: f[2]})
			return storage.PutSite(tx, data, "", p.now)
		case "tried": // NAME WHAT: it stands in who has looked, as something that was not done
			name, what, _ := strings.Cut(rest, " ")
			looks, err := person.AccessLog(tx, p.residents[name])
			if !slices.ContainsFunc(looks, func(l person.AccessLogEntry) bool { return l.Refused && l.What == what }) {
				p.t.Errorf("%s: that %s was tried is not listed: %v", name, what, looks)
			}
			return err
		case "forget":
			return erasure.ForgetResident(tx, p.residents[rest], calendar.DayOf(p.now))
		case "owe": // a morning list that found no channel
			_, err := outbox.Enqueue(tx, outbox.Delivery{Cause: "owe/" + rest, Kind: "morning", To: "c:" + ids[strings.Fields(rest)[0]], State: outbox.Deferred,
				Facts: map[string]string{"count": "2", "day": calendar.DayOf(p.now).String()}, Latest: p.now.Add(time.Hour).Unix()})
			if err != nil {
				return err
			}
			d, err := outbox.DeliveryOf(tx, "owe/"+rest)
			if err != nil {
				return err
			}
			d.State = outbox.Deferred
			return outbox.Put(tx, d)
		}
		if p.doAsked(tx, verb, rest) {
			return nil
		}
		if ok, err := p.doForm(tx, verb, rest); ok || err != nil {
			return err
		}
		if ok, err := p.doAccount(tx, verb, rest); ok || err != nil {
			return err
		}
		if ok, err := p.doCalled(tx, verb, rest); ok || err != nil {
			return err
		}
		if ok, err := p.doMonth(tx, verb, rest); ok || err != nil {
			return err
		}
		if ok, err := p.doPlanned(tx, verb, rest); ok || err != nil {
			return err
		}
		if ok, err := p.doBroadcast(tx, verb, rest); ok || err != nil {
			return err
		}
		p.t.Fatalf("unknown deed %q", what)
		return nil
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

// The town of the transcripts. All people are invented; the numbers are of
// prefixes that no operator has.
var (
	openids = map[string]string{"王桂英": "oWangGuiying", "赵文静": "oZhaoWenjing", "孟丽": "oMengLi", "路人": "oStranger", "新人": "oNewcomer",
		"李静": "oLiJing", "小燕": "oLiuXiaoyan", "志强": "oChenZhiqiang", "何静": "oHeJing", "马兰": "oMaLan", "孙丽": "oSunLi", "替班": "oTiBan"}
	ids    = map[string]string{"王桂英": "wgy", "赵文静": "zwj", "李静": "lij", "新干部": "new"}
	people = []struct{ name, group, phone, house string }{
		{"郭敏", "二组", "17900004409", "12号"}, {"郭大成", "二组", "17900008812", "12号"}, {"何小梅", "四组", "17900003321", "3号"},
		{"张翠", "一组", "17900001190", "5号"}, {"刘翠英", "四组", "17900005526", "8号"},
		{"王秀兰", "一组", "17900002208", "9号"}, {"王秀兰", "三组", "17900006651", "21号"},
		{"孟丽", "二组", "17900003034", "15号"}, {"吴娟", "三组", "17900004477", "2号"}, {"刘小燕", "二组", "17900000317", "7号"},
		{"高霞", "一组", "17900009021", "11号"}, {"周桂兰", "一组", "15400002277", "11号"}, {"解红梅", "三组", "17900007788", "30号"},
	}
)

func (p *player) town() {
	err := p.store.Update(context.Background(), func(tx *record.Tx) error {
		var groups []person.Group
		for _, g := range []string{"一组", "二组", "三组", "四组"} {
			groups = append(groups, person.Group{Name: g, Contact: "wgy"})
		}
		do := func(err error) {
			if err != nil {
				p.t.Fatal(err)
			}
		}
		do(townconfig.PutTown(tx, townconfig.Town{Name: "样庄镇", Title: "样庄心贴心", Office: "镇卫健办", Clinic: "便民服务点", Phone: "15400000009"}))
		do(townconfig.PutTemplates(tx, townconfig.Templates{"appointment": {ID: "BOOKING"}}))
		do(person.PutVillage(tx, person.Village{ID: "379999104201", Name: "甲村", Groups: groups}))
		do(person.PutVillage(tx, person.Village{ID: "379999104202", Name: "乙村", Groups: groups[:2]}))
		do(person.PutStaff(tx, person.Staff{ID: "wgy", Name: "王桂英", Villages: []string{"379999104201"}, Roles: []person.Role{person.VillageWorker}}))
		do(person.PutStaff(tx, person.Staff{ID: "zwj", Name: "赵文静", Roles: []person.Role{person.Clerk}}))
		do(person.PutStaff(tx, person.Staff{ID: "new", Name: "新干部", Villages: []string{"379999104202"}, Roles: []person.Role{person.VillageWorker}}))
		do(access.Bind(tx, openids["王桂英"], "wgy"))
		do(access.Bind(tx, openids["赵文静"], "zwj"))
		do(person.PutStaff(tx, person.Staff{ID: "lij", Name: "李静", Roles: []person.Role{person.Clinician}}))
		do(access.Bind(tx, openids["李静"], "lij"))
		for i, r := range people {
			h := "h" + r.group + r.house
			h = record.ID(h)
			do(person.PutHousehold(tx, person.Household{ID: h, Village: "379999104201", Group: r.group, House: r.house}))
			added, err := person.AddResident(tx, person.Resident{Name: r.name, Village: "379999104201", Group: r.group, Phone: r.phone, House: r.house, Household: h, Source: "test"}, fmt.Sprint(i))
			do(err)
			p.residents[r.name] = added.ID
			if r.name == "孟丽" {
				do(person.BindResident(tx, openids["孟丽"], added.ID))
			}
		}
		return nil
	})
	if err != nil {
		p.t.Fatal(err)
	}
}
