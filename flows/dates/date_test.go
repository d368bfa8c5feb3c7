package dates

import (
	"strings"
	"testing"
	"unicode/utf8"

	"xintiexin/storage/calendar"
)

// monday is the reference day of the tables.
var monday = calendar.Date(2026, 11, 23)

// say writes a result as the tables do: a day, days to ask about, ~coarse, or why
// there is none.
func say(d Dates) string {
	var out []string
	if d.Day != 0 {
		out = append(out, d.Day.String())
	}
	for _, a := range d.Alternatives {
		out = append(out, a.String()+"?")
	}
	if d.Coarse != "" {
		out = append(out, "~"+d.Coarse)
	}
	out = append(out, [...]string{"", "no date", "impossible", "wrong way"}[d.Reason])
	out = append(out, [...]string{"", "morning", "noon", "afternoon", "evening"}[d.Part])
	return strings.Join(strings.Fields(strings.Join(out, " ")), " ")
}

func TestDatesAsPeopleTypeThem(t *testing.T) {
	for _, c := range []struct {
		typed string
		dir   Direction
		want  string
	}{
		// from today
		{"今天", Past, "2026-11-23"}, {"今日", Future, "2026-11-23"}, {"今儿", Any, "2026-11-23"}, {"刚才", Past, "2026-11-23"},
		{"昨天", Past, "2026-11-22"}, {"昨儿", Past, "2026-11-22"}, {"昨儿个", Past, "2026-11-22"}, {"夜来", Past, "2026-11-22"},
		{"夜来到哩", Past, "2026-11-22"}, {"昨晚", Past, "2026-11-22 evening"}, {"夜来后晌", Past, "2026-11-22 afternoon"},
		{"前天", Past, "2026-11-21"}, {"大前天", Past, "2026-11-20"}, {"昨天去的", Past, "2026-11-22"}, {"是昨天", Past, "2026-11-22"},
		{"昨天。", Past, "2026-11-22"}, {" 昨天 ", Past, "2026-11-22"}, {"昨天头午", Past, "2026-11-22 morning"},
		{"明天", Future, "2026-11-24"}, {"明儿", Future, "2026-11-24"}, {"赶明儿", Future, "2026-11-24?"}, {"明日", Future, "2026-11-24"},
		{"明天上午", Future, "2026-11-24 morning"}, {"明儿上午", Future, "2026-11-24 morning"}, {"明早", Future, "2026-11-24 morning"},
		{"明天 下午", Future, "2026-11-24 afternoon"}, {"明天上午9点", Future, "2026-11-24 morning"}, {"明天15:30", Future, "2026-11-24 afternoon"},
		{"后天", Future, "2026-11-25"}, {"大后天", Future, "2026-11-26"}, {"后天过午", Future, "2026-11-25 afternoon"},
		// weeks
		{"周三", Future, "2026-11-25"}, {"这周三", Future, "2026-11-25"}, {"礼拜三", Future, "2026-11-25"}, {"星期三", Future, "2026-11-25"},
		{"周一", Future, "2026-11-23? 2026-11-30?"}, {"周日", Future, "2026-11-29"}, {"星期天", Future, "2026-11-29"}, {"周3", Future, "2026-11-25"},
		{"下周三", Future, "2026-12-02"}, {"下个礼拜天", Future, "2026-12-06"}, {"下星期一", Future, "2026-11-30"}, {"下下周五", Future, "2026-12-11"},
		{"上周五", Past, "2026-11-20"}, {"上个礼拜天", Past, "2026-11-22"}, {"上上周一", Past, "2026-11-09"}, {"周三上午", Future, "2026-11-25 morning"},
		// months and days
		{"10月8号", Past, "2026-10-08"}, {"10月8号", Future, "2027-10-08"}, {"10.8", Past, "2026-10-08"}, {"10.8", Future, "2027-10-08"},
		{"10-8", Past, "2026-10-08"}, {"10/8", Past, "2026-10-08"}, {"1008", Past, "2026-10-08"}, {"1008", Future, "2027-10-08"},
		{"十月八号", Past, "2026-10-08"}, {"１０．８", Past, "2026-10-08"}, {"10。8", Past, "2026-10-08"}, {"10、8", Past, "2026-10-08"},
		{"11.20", Past, "2026-11-20"}, {"11月20", Past, "2026-11-20"}, {"11月20日", Past, "2026-11-20"}, {"十一月二十号", Past, "2026-11-20"},
		{"11.23", Past, "2026-11-23"}, {"11.23", Future, "2026-11-23"}, {"11.24", Past, "2025-11-24"}, {"11.22", Future, "2027-11-22"},
		{"1月3号", Future, "2027-01-03"}, {"1月3号", Any, "2027-01-03"}, {"10.8", Any, "2026-10-08"}, {"12月拾伍号", Future, "2026-12-15"},
		{"20261103", Past, "2026-11-03"}, {"2026年11月3日", Past, "2026-11-03"}, {"2026.11.3", Past, "2026-11-03"}, {"2026-11-03", Past, "2026-11-03"},
		{"2026/11/3", Past, "2026-11-03"}, {"26年11月3日", Past, "2026-11-03"}, {"二〇二六年十一月三日", Past, "2026-11-03"}, {"二零二六年11月3号", Past, "2026-11-03"},
		{"明年1月5号", Future, "2027-01-05"}, {"去年12月1号", Past, "2025-12-01"}, {"今年12月1号", Future, "2026-12-01"},
		{"28号", Future, "2026-11-28"}, {"28号", Past, "2026-10-28"}, {"15号", Future, "2026-12-15"}, {"十五号", Past, "2026-11-15"},
		{"31号", Future, "2026-12-31"}, {"31号", Past, "2026-10-31"}, {"下个月8号", Future, "2026-12-08"}, {"上个月30号", Past, "2026-10-30"},
		{"改到29号", Future, "2026-11-29"}, {"12月2日上午", Future, "2026-12-02 morning"}, {"28日", Future, "2026-11-28"},
		{"周三 12月2日", Future, "2026-12-02"}, {"周三 12月2日 十月廿四", Future, "2026-12-02"}, {"明天 周二", Future, "2026-11-24"},
		{"11月28号那天", Future, "2026-11-28"}, {"阳历十月八", Past, "2026-10-08"},
		// spans
		{"三天后", Future, "2026-11-26"}, {"3天以后", Future, "2026-11-26"}, {"三天前", Past, "2026-11-20"}, {"过三天", Future, "2026-11-26"},
		{"两周后", Future, "2026-12-07"}, {"一个星期前", Past, "2026-11-16"}, {"半个月后", Future, "2026-12-08"}, {"两个月后", Future, "2027-01-23"},
		{"俩月后", Future, "2027-01-23"}, {"两个月", Future, "2027-01-23"}, {"二十天后", Future, "2026-12-13"}, {"半年后", Future, "2027-05-23"},
		{"一年前", Past, "2025-11-23"}, {"一个月前", Past, "2026-10-23"},
		// lunar
		{"十月初八", Past, "2026-11-16"}, {"十月初八", Future, "2027-11-05"}, {"腊月二十", Future, "2027-01-27"}, {"腊月20", Future, "2027-01-27"},
		{"阴历腊月二十", Future, "2027-01-27"}, {"农历腊月二十", Future, "2027-01-27"}, {"正月初六", Future, "2027-02-11"}, {"正月十六", Future, "2027-02-21"},
		{"大年初二", Future, "2027-02-07"}, {"除夕", Future, "2027-02-05"}, {"大年三十", Future, "2027-02-05"}, {"年三十", Past, "2026-02-16"},
		{"冬月廿二", Future, "2026-12-30"}, {"腊月廿九", Future, "2027-02-05"}, {"腊月二十三", Past, "2026-02-10"}, {"阴历八月十五", Past, "2026-09-25"},
		{"闰五月初三", Future, "2028-06-25?"}, {"2026年腊月廿一", Future, "2027-01-28"}, {"小年", Future, "2027-01-30"},
		// asked back: more than one day may be meant, or the one is only likely
		{"8.15", Past, "2026-08-15? 2026-09-25?"}, {"8.15", Future, "2027-08-15? 2027-09-15?"}, {"8。15", Past, "2026-08-15? 2026-09-25?"},
		{"八月十五", Past, "2026-09-25"}, {"十月十五", Past, "2026-10-15? 2026-11-23?"}, {"周三", Past, "2026-11-18?"},
		{"周末", Future, "2026-11-28? 2026-11-29?"}, {"上周末", Past, "2026-11-21? 2026-11-22?"}, {"初六", Future, "2026-12-14? 2027-02-11?"},
		{"初六", Past, "2026-11-14"}, {"腊月三十", Future, "2027-02-05?"}, {"2.29", Future, "2028-02-29?"},
		{"过了十五", Future, "2027-02-21? 2027-02-23? ~正月十五以后"}, {"过了十五走", Future, "2027-02-21? 2027-02-23? ~正月十五以后"},
		{"十五以后", Future, "2027-02-21? 2027-02-23? ~正月十五以后"}, {"周四 12月2日", Future, "2026-12-02? 2026-12-03?"},
		// coarse
		{"年前", Future, "~年前"}, {"年后", Future, "~年后"}, {"春节", Future, "~春节"}, {"过年", Future, "~过年"}, {"国庆", Future, "~国庆"},
		{"五一", Future, "~五一"}, {"中秋", Future, "~中秋"}, {"麦收", Future, "~麦收"}, {"秋后", Future, "~秋后"}, {"月底", Future, "~月底"},
		{"月初", Future, "~月初"}, {"下半月", Future, "~下半月"}, {"下个月", Future, "~下个月"}, {"下周", Future, "~下周"}, {"腊月", Future, "~腊月"},
		{"12月", Future, "~12月"}, {"十二月底", Future, "~十二月底"}, {"过年回来", Future, "~过年"}, {"过两天", Future, "~过几天"}, {"下个月底", Future, "~下个月底"},
		// no such day
		{"2月30日", Future, "impossible"}, {"2.30", Future, "impossible"}, {"11.31", Past, "impossible"}, {"13月5号", Future, "impossible"},
		{"20261131", Past, "impossible"}, {"1332", Past, "impossible"}, {"2026年2月29日", Past, "impossible"}, {"32号", Future, "impossible"},
		{"闰四月初一", Future, "impossible"}, {"2026年腊月三十", Future, "impossible"}, {"0230", Future, "impossible"}, {"13.5", Any, "impossible"},
		// the wrong way
		{"明天", Past, "wrong way"}, {"昨天", Future, "wrong way"}, {"夜来", Future, "wrong way"}, {"下周三", Past, "wrong way"},
		{"上周五", Future, "wrong way"}, {"三天后", Past, "wrong way"}, {"三天前", Future, "wrong way"}, {"2026年12月1日", Past, "wrong way"},
		{"20261103", Future, "wrong way"}, {"明年1月5号", Past, "wrong way"}, {"过了十五", Past, "wrong way"}, {"下个月8号", Past, "wrong way"},
		{"下个月", Past, "wrong way"}, {"上周", Future, "wrong way"}, {"过几天", Past, "wrong way"}, {"上周", Past, "~上周"},
		// no dates
		{"", Any, "no date"}, {"都好", Any, "no date"}, {"1", Any, "no date"}, {"28", Any, "2026-11-28?"}, {"9", Any, "no date"}, {"3号楼", Any, "no date"}, {"8.15元", Any, "no date"},
		{"17900001122", Any, "no date"}, {"王十五", Any, "no date"}, {"一二三组", Any, "no date"}, {"三组", Any, "no date"}, {"10点", Any, "no date"},
		{"8:30", Any, "no date"}, {"37.5度", Any, "no date"}, {"3.5.6", Any, "no date"}, {"三天", Any, "no date"}, {"两个", Any, "no date"},
		{"周桂兰", Any, "no date"}, {"周天明", Any, "no date"}, {"昨天去了王桂英家", Any, "no date"}, {"明明", Any, "no date"}, {"0128-07", Any, "no date"},
		{"生日", Any, "no date"}, {"几天", Any, "no date"}, {"上午", Any, "no date"}, {"100天后", Any, "no date"}, {"初一班", Any, "no date"},
		{"腊月二十天", Any, "no date"}, {"12345678", Any, "no date"}, {"半", Any, "no date"}, {"前", Any, "no date"}, {"周", Any, "no date"},
	} {
		if got := say(Date(c.typed, monday, c.dir)); got != c.want {
			t.Errorf("%q (%d): %s, want %s", c.typed, c.dir, got, c.want)
		}
	}
}

func TestDatesAtOtherTimesOfTheYear(t *testing.T) {
	for _, c := range []struct {
		today, typed string
		dir          Direction
		want         string
	}{
		{"2026-11-27", "周三", Future, "2026-12-02?"}, // a Friday: this week's is over
		{"2026-11-29", "周日", Past, "2026-11-29"},
		{"2026-11-29", "下周一", Future, "2026-11-30"},
		{"2027-01-12", "正月初六", Future, "2027-02-11"},
		{"2027-02-12", "正月初六", Past, "2027-02-11"},
		{"2027-01-27", "过了十五", Future, "2027-02-21? 2027-02-23? ~正月十五以后"},
		{"2027-01-27", "昨天", Past, "2027-01-26"},
		{"2027-01-31", "一个月后", Future, "2027-02-28"},
		{"2028-01-31", "一个月后", Future, "2028-02-29"},
		{"2028-02-01", "2.29", Future, "2028-02-29"},
		{"2027-01-01", "12.31", Past, "2026-12-31"},
		{"2026-12-31", "1.1", Future, "2027-01-01"},
		{"2028-05-01", "五月初五", Future, "2028-05-28? 2028-06-27?"},
		{"2027-01-11", "1月31", Future, "2027-01-31"},
		{"2027-02-16", "下个月31号", Future, "2027-03-31"},
		{"2027-01-16", "下个月30号", Future, "impossible"},
	} {
		today, err := calendar.ParseDay(c.today)
		if err != nil {
			t.Fatal(err)
		}
		if got := say(Date(c.typed, today, c.dir)); got != c.want {
			t.Errorf("%s: %q: %s, want %s", c.today, c.typed, got, c.want)
		}
	}
}

func TestDatesInSentences(t *testing.T) {
	for _, c := range []struct {
		typed string
		dir   Direction
		part  string
		want  string
	}{
		{"夜来走访秀兰 都好", Past, "夜来", "2026-11-22"},
		{"昨天去了王桂英家", Past, "昨天", "2026-11-22"},
		{"11.20走访王桂英 上门", Past, "11.20", "2026-11-20"},
		{"走访 王桂英 11.20 都好", Past, "11.20", "2026-11-20"},
		{"走访王桂英 11月20号上门 都好", Past, "11月20号", "2026-11-20"},
		{"昨天头午走访郭敏", Past, "昨天头午", "2026-11-22 morning"},
		{"上周五走访郭敏 都好", Past, "上周五", "2026-11-20"},
		{"前天跟昨天都去了", Past, "前天", "2026-11-21"},
		{"走访郭敏 三天前", Past, "三天前", "2026-11-20"},
		{"２０２６年１１月３日走访郭敏", Past, "２０２６年１１月３日", "2026-11-03"},
		{"走访　　郭敏　昨天", Past, "昨天", "2026-11-22"},
		{"郭敏都好 明天再去", Past, "", "wrong way"},
		{"今天走访了郭敏 明天再去", Past, "今天", "2026-11-23"},
		{"昨天没去 明天去", Future, "明天", "2026-11-24"},
		{"11.31走访郭敏", Past, "11.31", "impossible"},
		{"改到29号", Future, "29号", "2026-11-29"},
		{"28号 俺俩一块去行不", Future, "28号", "2026-11-28"},
		{"她说正月初六走", Future, "正月初六", "2027-02-11"},
		{"她说过了十五走", Future, "过了十五", "2027-02-21? 2027-02-23? ~正月十五以后"},
		{"年前回来", Future, "年前", "~年前"},
		{"腊月二十来家", Future, "腊月二十", "2027-01-27"},
		{"下周三上午去 行不", Future, "下周三上午", "2026-12-02 morning"},
		{"走访8.15去的", Past, "8.15", "2026-08-15? 2026-09-25?"},
		{"约周三去", Future, "周三", "2026-11-25"},
		{"周三走访秀兰", Past, "周三", "2026-11-18?"},
		// nothing to find
		{"走访 郭敏 都好", Past, "", "no date"},
		{"郭敏 17900001122", Past, "", "no date"},
		{"郭敏 179-0000-1122", Past, "", "no date"},
		{"住3号楼", Past, "", "no date"},
		{"三组12号 郭敏", Past, "", "no date"},
		{"北庄村三组12号", Past, "", "no date"},
		{"送鸡蛋8.15元", Past, "", "no date"},
		{"体温37.5 都好", Past, "", "no date"},
		{"重3.5斤", Past, "", "no date"},
		{"药1/2片", Past, "", "no date"},
		{"要3-5个", Past, "", "no date"},
		{"走访王十五 都好", Past, "", "no date"},
		{"走访周天明 都好", Past, "", "no date"},
		{"走访周三顺 都好", Past, "", "no date"},
		{"一二三组都去了", Past, "", "no date"},
		{"走访王国庆 都好", Past, "", "no date"},
		{"国庆 都好", Past, "", "no date"},
		{"夜来香送到了", Past, "", "no date"},
		{"走访王明儿 都好", Past, "", "no date"},
		{"走访刘上周", Past, "", "no date"},
		{"走访王三月 都好", Past, "", "no date"},
		{"孩子上初一", Past, "", "no date"},
		{"0202-03 来领", Past, "", "no date"},
		{"转026", Past, "", "no date"},
		{"370406104001", Past, "", "no date"},
		{"110105194912310020", Past, "", "no date"},
		{"尾号1008", Past, "", "no date"},
		{"走访三次了", Past, "", "no date"},
		{"2026", Past, "", "no date"},
	} {
		start, end, d := FindDate(c.typed, monday, c.dir)
		if got := say(d); got != c.want || c.typed[start:end] != c.part {
			t.Errorf("%q (%d): %q is %s, want %q %s", c.typed, c.dir, c.typed[start:end], got, c.part, c.want)
		}
	}
}

func TestTimesOfDay(t *testing.T) {
	for _, c := range []struct {
		typed     string
		hour, min int
		ambiguous bool
		ok        bool
	}{
		{"8:30", 8, 30, false, true}, {"８：３０", 8, 30, false, true}, {"20:15", 20, 15, false, true}, {"08:00", 8, 0, false, true},
		{"8点半", 8, 30, true, true}, {"八点", 8, 0, true, true}, {"8点", 8, 0, true, true}, {"早上八点", 8, 0, false, true},
		{"下午两点", 14, 0, false, true}, {"下午3点", 15, 0, false, true}, {"下午2:30", 14, 30, false, true}, {"后晌四点", 16, 0, false, true},
		{"头午9点一刻", 9, 15, false, true}, {"8点05", 8, 5, true, true}, {"八点四十五分", 8, 45, true, true}, {"晚上7点", 19, 0, false, true},
		{"中午12点", 12, 0, false, true}, {"中午一点", 13, 0, false, true}, {"十五点", 15, 0, false, true}, {"下午15点", 15, 0, false, true},
		{"晚上12点", 0, 0, true, true}, {"8点零5分", 8, 5, true, true}, {"9点钟", 9, 0, true, true}, {"0:00", 0, 0, false, true},
		{"25点", 0, 0, false, false}, {"8:60", 0, 0, false, false}, {"8:3", 0, 0, false, false}, {"上午13点", 0, 0, false, false},
		{"8", 0, 0, false, false}, {"8.30", 0, 0, false, false}, {"", 0, 0, false, false}, {"都好", 0, 0, false, false},
		{"上午", 0, 0, false, false}, {"8点多", 0, 0, false, false}, {"24:01", 0, 0, false, false}, {"8:300", 0, 0, false, false},
	} {
		h, m, ambiguous, ok := Time(c.typed)
		if ok != c.ok || ok && (h != c.hour || m != c.min || ambiguous != c.ambiguous) {
			t.Errorf("%q: %d:%d ambiguous %v, %v; want %d:%d %v %v", c.typed, h, m, ambiguous, ok, c.hour, c.min, c.ambiguous, c.ok)
		}
	}
}

// rightWay fails when a result lies on the wrong side of today.
func rightWay(t *testing.T, s string, d Dates, today calendar.Day, dir Direction) {
	for _, day := range append(d.Alternatives, d.Day) {
		if day != 0 && (dir == Past && day > today || dir == Future && day < today) {
			t.Errorf("%q (%d): %v is on the wrong side of %v", s, dir, day, today)
		}
	}
	if something := d.Day != 0 || len(d.Alternatives) > 0 || d.Coarse != ""; something != (d.Reason == OK) {
		t.Errorf("%q (%d): %+v says both or neither", s, dir, d)
	}
}

// near fails when a day is more than two years away and no year was said.
func near(t *testing.T, s string, d Dates, today calendar.Day) {
	if strings.Contains(s, "年") || strings.ContainsAny(s, "12１２") && utf8.RuneCountInString(s) >= 8 || strings.Contains(s, "月") && strings.ContainsAny(s, "前后") {
		return // 2035年3月5日, 20350305, 30个月后
	}
	for _, day := range append(d.Alternatives, d.Day, d.From, d.To) {
		if day != 0 && apart(day, today) > 731 {
			t.Errorf("%q: %v is far from %v", s, day, today)
		}
	}
}

func FuzzDate(f *testing.F) {
	for _, s := range []string{"10.8", "2026年11月3日", "腊月三十", "过了十五", "周三 12月2日", "半个月后", "1夜来到哩", "１１.２８走访", "3号楼", "八月十五"} {
		f.Add(s, int32(monday), byte(1))
	}
	f.Fuzz(func(t *testing.T, s string, day int32, way byte) {
		today, dir := calendar.Day(day%47000), Direction(way%3)
		rightWay(t, s, Date(s, today, dir), today, dir)
		start, end, d := FindDate(s, today, dir)
		if start < 0 || start > end || end > len(s) || (end == 0) == (d.Day != 0 || d.Alternatives != nil) && d.Reason == OK && d.Coarse == "" {
			t.Fatalf("%q: %d–%d %+v", s, start, end, d)
		}
		if utf8.ValidString(s) && !utf8.ValidString(s[start:end]) {
			t.Errorf("%q: %d–%d cuts a character", s, start, end)
		}
		rightWay(t, s, d, today, dir)
		told := Told(s, today, dir)
		rightWay(t, s, told, today, dir)
		for _, d := range []Dates{Date(s, today, dir), d, told} {
			near(t, s, d, today)
		}
		Unsure(s)
		Time(s)
	})
}

func BenchmarkDate(b *testing.B) {
	for _, s := range []string{"昨天", "11月20号", "腊月二十", "都好"} {
		b.Run(s, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Date(s, monday, Past)
			}
		})
	}
	b.Run("sentence", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			FindDate("走访王桂英 上门 都好 昨天", monday, Past)
		}
	})
}
