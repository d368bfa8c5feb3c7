package site

import (
	"slices"
	"strconv"
	"time"

	"xintiexin/storage/calendar"
	"xintiexin/storage/townconfig"
)

// job is something that the program does by the clock.
type job struct {
	name, about string
	line        string // as it comes with the program
	late        int    // minutes that a missed run is still made up
	apart       int    // hours that may lie between two runs at most
	off         bool   // whether it may be switched off: others are not left waiting for it
}

// jobs are all that is done by the clock, in the order in which it is done.
var jobs = []job{
	{"care plans", "到日子的提醒、随访，排进当天", "0 7 * * *", 1440, 48, false},
	{"morning list", "早上给工作人员的一条：今天有几件", "30 7 * * *", 180, 96, true},
	{"call list", "第二天的预约，提醒没送到的，列进电话单", "0 17 * * *", 180, 96, false},
	{"the clinic's calls", "当天的预约，前一晚没送到的，列给窗口", "30 7 * * *", 30, 96, false},
	{"what nobody took", "没人打的电话、放久的事，请代班的人看", "30 18 * * *", 90, 96, true},
	{"seats", "候补、空位、到期的号", "*/10 * * * *", 60, 1, false},
	{"end of the clinic's day", "当天没来的，收回位子", "5 18 * * *", 2880, 96, false},
	{"broadcasts", "放出的群发，排好钟点", "*/5 * * * *", 1440, 1, false},
	{"returns", "说好昨天到家的，问一声，只问一回", "0 9 * * *", 360, 96, true},
	{"homecomings", "快过年、快收麦时，说要回来的人问一声，一回只问一次", "0 17 * * *", 360, 96, true},
	{"profile", "一年两回，请用着的人看看登记，不回也行", "0 8 * * *", 360, 96, true},
	{"month", "上个月的数，头一个上班日给要的人发一条", "30 8 1-12 * *", 600, 744, true},
	{"village merges", "并村以后，把人挪过去", "*/10 * * * *", 60, 24, false},
	{"hand-overs", "交接出去的，一页页接过去；代班到期的收回", "*/5 * * * *", 1440, 1, false},
	{"sweep", "清掉过时的会话和链接", "10 3 * * *", 1440, 48, false},
	{"retention", "到期的记录删掉", "40 3 * * *", 1440, 48, false},
	{"erasures", "说了都删掉的，删干净", "*/10 * * * *", 60, 24, false},
}

func jobNames() []string {
	var out []string
	for _, j := range jobs {
		out = append(out, j.name)
	}
	return out
}

// mostLate is how many minutes a missed run is made up at most: two days.
const mostLate = 2880

func readJob(r *row, s *townconfig.Site) {
	n := r.known("name", jobNames())
	i := slices.Index(jobNames(), n)
	if i < 0 || !r.once("job", n, "name") {
		return
	}
	j := townconfig.SiteJob{Name: n, Spec: r.cron("line", jobs[i]), Late: r.number("late_minutes", 0, mostLate, jobs[i].late)}
	if r.raw("on") != "" {
		j.Off = !r.yes("on")
	}
	if j.Off && !jobs[i].off {
		r.errorf("on", "%s 不能关：%s。", n, jobs[i].about)
	}
	s.Jobs = append(s.Jobs, j)
}

// cron is a cron line of five fields that comes often enough for its job.
func (r *row) cron(column string, j job) string {
	text := r.need(column)
	if text == "" {
		return ""
	}
	plan, err := calendar.Cron(text)
	switch {
	case err != nil && err.Error() == "never comes":
		r.errorf(column, "“%s” 哪天也轮不到。", text)
	case err != nil:
		r.errorf(column, "“%s” 看不懂。五格：分 时 日 月 周，北京时间，如 “%s”。", text, j.line)
	case widest(plan) > time.Duration(j.apart)*time.Hour:
		r.errorf(column, "“%s” 隔得太久，最多隔 %d 小时。", text, j.apart)
	default:
		return text
	}
	return ""
}

// widest is the longest time between two runs of a line, of as many as tell.
func widest(plan calendar.Recurrence) (gap time.Duration) {
	at := plan.Next(calendar.Date(2026, 1, 1).At(0, 0))
	for range 1000 {
		next := plan.Next(at)
		if next.IsZero() {
			return gap
		}
		gap, at = max(gap, next.Sub(at)), next
	}
	return gap
}

func writeJobs(s *townconfig.Site) (rows [][]string) {
	for _, j := range s.Jobs {
		about := ""
		if i := slices.Index(jobNames(), j.Name); i >= 0 {
			about = jobs[i].about
		}
		rows = append(rows, []string{j.Name, j.Spec, strconv.Itoa(j.Late), yesNo(!j.Off), about})
	}
	return rows
}
