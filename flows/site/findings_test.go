package site_test

import (
	"strings"
	"testing"

	"xintiexin/flows/site"
	"xintiexin/storage/purpose"
	"xintiexin/storage/townconfig"
)

// homes is a sheet of homecomings.
func homes(rows string) string {
	return "| homecomings | |\n| | id | label | anchor | from | to | plan_days | ask_days | list_days | keep_days |\n| | " + rows + " |\n"
}

// A consent sheet with all sets, C1 as it is given.
func consents(c1 string) string {
	out := "| consents | |\n| | set | version | short | full |\n"
	for _, set := range []string{"C0", "C2", "C3", "C4", "C5", "C6", "C7"} {
		out += "| | " + set + " | 1 | 短 | 全 |\n"
	}
	return out + "| | " + c1 + " |\n"
}

func TestEachMistakeIsToldWithItsCell(t *testing.T) {
	long := strings.Repeat("字", 700)
	for _, c := range []struct{ md, want string }{
		{"| openigs | |\n| | service |", "openigs：没有这张表。是不是 openings？"},
		{"| 随便 | |\n| | x |", "随便：没有这张表。只读这些：site、phones"},
		{"| limits | |\n| | name | valu |\n| | pin_tries | 5 |", "limits!B1（valu）：不认识这一列。是不是 value？"},
		{"| limits | |\n| | name | valu |\n| | pin_tries | 5 |", "limits!A1：第一行没有 value 列（多少）。"},
		{"| limits | |\n| | name | value | value |\n| | pin_tries | 5 | 6 |", "limits!C1（value）：这一列有两个"},
		{"| limits | |\n| | name | value |\n| | pin_trys | 5 |", "limits!A2（name）：没有 “pin_trys”。是不是 pin_tries？"},
		{"| limits | |\n| | name | value |\n| | pin_tries | 50 |", "limits!B2（value）：50 要在 3 到 10 之间。"},
		{"| limits | |\n| | name | value |\n| | pin_tries | 五次 |", "limits!B2（value）：“五次” 不是整数。"},
		{"| limits | |\n| | name | value |\n| | pin_tries | 5 |\n| | pin_tries | 6 |", "limits!A3（name）：“pin_tries” 和第 2 行重了。"},
		{"| limits | |\n| | name | value |\n| | | 5 |", "limits!A2（name）：要写：哪一样。"},
		{"| retention | |\n| | kind | days |\n| | evidence | 365 |", "retention!B2（days）：365 要在 1095 到 3650 之间。"},
		{"| retention | |\n| | kind | days |\n| | purge | 30 |", "30 要在 1 到 15 之间。"},
		{"| site | |\n| | name | value |\n| | version | 1 |\n| | clinic | 样庄卫生院 |", "site!B3（value）：通知里的地点不能带 “卫生院”"},
		{"| site | |\n| | name | value |\n| | version | 1 |", "site：提醒：还没写 clinic"},
		{"| site | |\n| | name | value |\n| | town | 样庄 |", "site：要有 version 一行"},
		{"| site | |\n| | name | value |\n| | version | 1 |\n| | phone | 12 |", "site!B3（value）：“12” 不是电话。"},
		{"| phones | |\n| | name | label | number |\n| | clinic | 卫生院 | 1790000317 |", "phones!C2（number）：1790000317 是 10 位，手机是 11 位"},
		{"| phones | |\n| | name | label | number |\n| | clinic | 卫生院 | 8812345 |", "phones!C2（number）：“8812345” 不是电话。"},
		{"| phones | |\n| | name | label | number |\n| | clinic | 卫生院 |  |", "phones!C2（number）：提醒：还没填号码"},
		{"| phones | |\n| | name | label | number |\n| | clinic | 卫生院 | 17900000001 |", "phones!C2（number）：提醒：17900000001 像是编的号"},
		{"| phones | |\n| | name | label | number |\n| | Clinic | 卫生院 | 120 |", "phones!A2（name）：“Clinic” 要用小写字母"},
		{"| openings | |\n| | service | when | time | capacity |\n| | chekup | 周四 | 08:30 | 4 |", "openings!A2（service）：services 里没有 “chekup”。是不是 checkup？"},
		{"| openings | |\n| | service | when | time | capacity |\n| | checkup | 周八 | 08:30 | 4 |", "openings!B2（when）：“周八” 不是开的日子"},
		{"| openings | |\n| | service | when | time | capacity |\n| | checkup | 周四 | 8点七十 | 4 |", "openings!C2（time）：“8点七十” 不是钟点"},
		{"| openings | |\n| | service | when | time | capacity |\n| | checkup | 周四 | 2点 | 4 |", "openings!C2（time）：2 点不是上班的钟点"},
		{"| openings | |\n| | service | when | time | capacity |\n| | checkup | 周四 | 08:30 | 0 |", "openings!D2（capacity）：0 要在 1 到 500 之间。"},
		{"| openings | |\n| | service | when | time | capacity |\n| | checkup | 周四 | 08:30 |  |", "openings!D2（capacity）：要写：几个人。"},
		{"| openings | |\n| | service | when | time | capacity |\n| | checkup | 周四 | 08:30 | 4 |\n| | checkup | 星期四 | 8:30 | 6 |", "openings!C3（time）：“checkup 周四 08:30” 和第 2 行重了。"},
		{"| openings | |\n| | service | when | time | capacity |", "services!A2（id）：提醒：openings 里没有 checkup 的钟点"},
		{"| days | |\n| | service | day |\n| | | 腊月三十 |", "days!B2（day）："},
		{"| days | |\n| | service | day |\n| | | 2027-02-30 |", "days!B2（day）："},
		{"| days | |\n| | service | day |\n| | | 2207-02-03 |", "days!B2（day）：2207 年不对。"},
		{"| days | |\n| | service | day | closed |\n| | | 2027-02-03 | 停 |", "days!C2（closed）：“停” 要写 yes 或 no。"},
		{"| days | |\n| | service | day | closed | capacity |\n| | | 2027-02-03 | yes | 3 |", "days!D2（capacity）：停的日子不写人数。"},
		{"| services | |\n| | id | label | prepare |\n| | checkup | 免费检查 | prepare_chekup |", "services!C2（prepare）：texts 里没有 “prepare_chekup”。是不是 prepare_checkup？"},
		{"| services | |\n| | id | label | keywords |\n| | checkup | 免费检查 | 走访 |", "services!C2（keywords）：“走访” 已经有用处"},
		{"| guides | |\n| | id | kind | title | keywords | text |\n| | a | guide | 一 | 走方 | 字 |", "guides!D2（keywords）：“走方” 已经有用处（走访）"},
		{"| guides | |\n| | id | kind | title | keywords | text |\n| | a | guide | 一 | 算了 | 字 |", "guides!D2（keywords）：“算了” 已经有用处（取消）"},
		{"| guides | |\n| | id | kind | title | keywords | text |\n| | a | guide | 一 | 指南 | 字 |\n| | b | guide | 二 | 指南 | 字 |", "guides!D3（keywords）：“指南” 在 guides!D2 里已经有了。"},
		{"| guides | |\n| | id | kind | title | keywords | text |\n| | a | guide | 一 | 好 | 字 |", "guides!D2（keywords）：“好” 只有一个字"},
		{"| guides | |\n| | id | kind | title | keywords | text |\n| | a | gide | 一 | | 字 |", "guides!B2（kind）：没有 “gide”。是不是 guide？"},
		{"| guides | |\n| | id | kind | title | keywords | text |\n| | a | guide | 一 | | 应检的都来 |", "guides!E2（text）：不说 “应检”，说 “可预约”。"},
		{"| guides | |\n| | id | kind | title | keywords | text |\n| | a | guide | 一 | | 快来！ |", "guides!E2（text）：提醒：不用感叹号。"},
		{"| guides | |\n| | id | kind | title | keywords | text |\n| | a | guide | 一 | | " + long + " |", "guides!E2（text）：太长：2100 个字节"},
		{"| guides | |\n| | id | kind | title | keywords | text |\n| | a | guide | 一 | | " + long[:3*41] + " |", "guides!E2（text）：提醒：有一行 41 个字，手机上要折成几行"},
		{"| guides | |\n| | id | kind | title | keywords | text |\n| | a | guide | 一 | | 短<br>" + long[:3*25] + " |", "guides!E2（text）：提醒：有一行 25 个字，24 字以内最好读。"},
		{"| guides | |\n| | id | kind | title | keywords | text |\n| | a | guide | 一<br>二 | | 字 |", "guides!C2（title）：只能写一行。"},
		{"| dangers | |\n| | words | phones |", "dangers：急话的表不能空"},
		{"| dangers | |\n| | words | phones |\n| | 出血 | clinic |", "dangers：没有一行写了 120。"},
		{"| dangers | |\n| | words | phones |\n| | 出血 | 120 clinik |", "dangers!B2（phones）：phones 里没有 “clinik”，它也不是电话。是不是 clinic？"},
		{"| dangers | |\n| | words | phones |\n| | 出血 流血 | 120 |\n| | 流血 | 120 |", "dangers!A3（words）：“流血” 和第 2 行重了。"},
		{"| dangers | |\n| | words | phones |\n| | 退定 | 120 |", "dangers!A2（words）：“退定” 已经有用处（退订）"},
		{"| dangers | |\n| | words | phones |\n| | 血 | 120 |", "dangers!A2（words）：“血” 只有一个字"},
		{"| lectures | |\n| | id | title | place | day | time | seats |\n| | a | 一 | 二 | 2027-01-21 | 09:30 | |", "lectures!F2（seats）：要写：几个位子。"},
		{"| templates | |\n| | kind | template_id | event |\n| | morning | ID | 事项 |", "templates!C2（event）：“事项” 要写模板里的关键词，如 thing1。"},
		{"| templates | |\n| | kind | template_id |\n| | morning | ID |", "templates!B2（template_id）：模板里哪个关键词写什么"},
		{homes("w | 冬天 | 春结 | -10 | 6 |  |  |  | "), "homecomings!C2（anchor）：“春结” 不是节日，也不是节气。"},
		{homes("w | 冬天 | 春节 | 6 | -10 |  |  |  | "), "homecomings!E2（to）：末一天 -10 在头一天 6 前面。"},
		{homes("w | 冬天 | 春节 | -40 | 40 |  |  |  | "), "homecomings!E2（to）：一共 81 天，最多 60 天。"},
		{homes("w | 冬天 | 春节 | 腊月 | 6 |  |  |  | "), "homecomings!D2（from）：“腊月” 不是整数。"},
		{homes("w | 冬天 | 春节 | -10 | 6 | 7 | 14 |  | "), "homecomings!G2（ask_days）：14 天前就问，办事员 7 天前才知道"},
		{homes("w | 冬天 | 春节 | -10 | 6 |  |  |  | 0"), "homecomings!I2（keep_days）：0 要在 1 到 30 之间。"},
		{homes("w | 冬天 | 春节 | -10 | 6 |  |  |  |  |\n| | w | 夏天 | 芒种 | 0 | 6 |  |  |  | "), "homecomings!A3（id）：“w” 和第 2 行重了。"},
		{"| jobs | |\n| | name | line |\n| | mornin-list | 30 7 * * * |", "jobs!A2（name）：没有 “mornin-list”。是不是 morning-list？"},
		{"| jobs | |\n| | name | line |\n| | sweep | 10 3 * * *  |\n| | sweep | 10 4 * * * |", "jobs!A3（name）：“sweep” 和第 2 行重了。"},
		{"| jobs | |\n| | name | line |\n| | sweep | |", "jobs!B2（line）：要写：五格"},
		{"| jobs | |\n| | name | line |\n| | sweep | 三点 |", "jobs!B2（line）：“三点” 看不懂。五格：分 时 日 月 周，北京时间，如 “10 3 * * *”。"},
		{"| jobs | |\n| | name | line |\n| | sweep | 10 3 * * |", "jobs!B2（line）：“10 3 * *” 看不懂"},
		{"| jobs | |\n| | name | line |\n| | sweep | 0 10 3 * * * |", "jobs!B2（line）：“0 10 3 * * *” 看不懂"},
		{"| jobs | |\n| | name | line |\n| | sweep | @daily |", "jobs!B2（line）：“@daily” 看不懂"},
		{"| jobs | |\n| | name | line |\n| | sweep | TZ=UTC 10 3 * * * |", "看不懂。五格：分 时 日 月 周，北京时间"},
		{"| jobs | |\n| | name | line |\n| | sweep | 10 3 30 2 * |", "jobs!B2（line）：“10 3 30 2 *” 哪天也轮不到。"},
		{"| jobs | |\n| | name | line |\n| | retention | 40 3 * * 1 |", "jobs!B2（line）：“40 3 * * 1” 隔得太久，最多隔 48 小时。"},
		{"| jobs | |\n| | name | line |\n| | waitlist | */10 8-18 * * * |", "jobs!B2（line）：“*/10 8-18 * * *” 隔得太久，最多隔 1 小时。"},
		{"| jobs | |\n| | name | line | late_minutes |\n| | sweep | 10 3 * * * | 9999 |", "jobs!C2（late_minutes）：9999 要在 0 到 2880 之间。"},
		{"| jobs | |\n| | name | line | on |\n| | retention | 40 3 * * * | no |", "jobs!C2（on）：retention 不能关：到期的记录删掉。"},
		{"| jobs | |\n| | name | line | on |\n| | morning-list | 40 7 * * * | 关 |", "jobs!C2（on）：“关” 要写 yes 或 no。"},
		{"| questions | |\n| | service | name | label | need |\n| | checkup | a | 住这里吗？ | yes |", "questions!A2（otherwise）：答的不是 yes 时怎么说"},
		{"| questions | |\n| | service | name | label | need |\n| | checkup | a | 住这里吗？ | 是 |", "questions!D2（need）：“是” 要写 yes、no，或空着。"},
		{"| consents | |\n| | set | version | short | full |\n| | C9 | 1 | 短 | 全 |", "consents!A2（set）：没有 “C9”。是不是 C0？"},
		{"| consents | |\n| | set | version | short | full |\n| | C1 | 1 | 短 | 全 |", "consents：少了 C0、C2、C3、C4、C5、C6、C7"},
		{consents("C1 | | 短 | 全"), "consents!B9（version）：要写：版本。"},
		{consents("C1 | 1 | 短 | "), "consents!D9（full）：要写：全文。"},
		{consents("C0 | 1 | 短 | 全"), "consents!A9（set）：“C0” 和第 2 行重了。"},
		{"| holidays | |\n| | date | name | off |\n| | 2027-02-09 | 春节 | yes |", "holidays：提醒：2027 年只写了 1 天放假"},
		{"| holidays | |\n| | date | name | off |\n| | 2027-02-09 | 春节 | |", "holidays!C2（off）：要写"},
		{"| holidays | |\n| | date | name | off |\n| | 2027-02-09 | 春节 | no |", "holidays：放假安排读不通"},
		{"| holidays | |\n| | date | name | off | year |\n| | 2027-02-09 | 春节 | yes | 2029 |", "holidays!D2（year）：2029 要在 2027 到 2028 之间。"},
		{"| holidays | |\n| | date | name | off |", "holidays：提醒：2027 年的放假安排没有录"},
	} {
		_, findings := site.Read(tables(t, c.md), options(t))
		if !strings.Contains(lines(findings), c.want) {
			t.Errorf("%s\nwant %s, got\n%s", c.md, c.want, lines(findings))
		}
		for _, f := range findings {
			if f.Sheet == "" || f.Cell == "" && f.Column != "" {
				t.Errorf("a finding without its place: %s", f)
			}
		}
	}
}

func TestAYearWithoutANoticeIsWarnedOf(t *testing.T) {
	o := options(t)
	for day, want := range map[string]string{
		"2026-10-31": "", "2026-11-01": "2027 年", "2027-01-15": "2027 年",
	} {
		if err := o.Today.UnmarshalText([]byte(day)); err != nil {
			t.Fatal(err)
		}
		_, findings := site.Read(tables(t, ""), o)
		got := lines(findings)
		if strings.Contains(got, "放假安排没有录") != (want != "") || !strings.Contains(got, want) {
			t.Errorf("%s: want %q in\n%s", day, want, got)
		}
	}
}

func TestAChangedConsentNeedsANewVersion(t *testing.T) {
	older, old := site.Builtin(), site.Builtin()
	older.Consents = []townconfig.ConsentText{{Set: purpose.Booking, Version: "1", Short: "旧", Full: "旧"}}
	o := options(t)
	o.Before = []*townconfig.Site{&old, &older}
	for c1, want := range map[string]string{
		"C1 | 2026-11 | 改了 | 全": "consents!B9（version）：字改了，版本还是 2026-11。",
		"C1 | 1 | 改了 | 全":       "consents!B9（version）：字改了，版本还是 1。",
		"C1 | 1 | 旧 | 旧":        "",
		"C1 | 2 | 改了 | 全":       "",
	} {
		_, findings := site.Read(tables(t, consents(c1)), o)
		if got := lines(findings); site.Fatal(findings) != (want != "") || !strings.Contains(got, want) {
			t.Errorf("%s: want %q, got\n%s", c1, want, got)
		}
	}
}

func TestAThousandMistakesAreCut(t *testing.T) {
	md := "| limits | |\n| | name | value |\n" + strings.Repeat("| | wrong | x |\n", 1000)
	_, findings := site.Read(tables(t, md), options(t))
	if len(findings) != 301 || !site.Fatal(findings) || !strings.Contains(findings[300].Text, "只列了 300 条") {
		t.Errorf("%d findings, the last %s", len(findings), findings[len(findings)-1])
	}
}
