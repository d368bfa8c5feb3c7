package site

import (
	"slices"
	"strconv"
	"time"

	"xintiexin/scheduler"
	"xintiexin/storage/calendar"
	"xintiexin/storage/townconfig"
)

// jobIndex returns where a job stands among those of the program, -1 for none.
func jobIndex(jobs []scheduler.Job, name string) int {
	return slices.IndexFunc(jobs, func(j scheduler.Job) bool { return j.Name == name })
}

func jobNames(jobs []scheduler.Job) []string {
	var out []string
	for _, j := range jobs {
		out = append(out, j.Name)
	}
	return out
}

// mostLate is how many minutes a missed run is made up at most: two days.
const mostLate = 2880

func readJob(r *row, s *townconfig.Site) {
	jobs := scheduler.Jobs()
	n := r.known("name", jobNames(jobs))
	i := jobIndex(jobs, n)
	if i < 0 || !r.once("job", n, "name") {
		return
	}
	j := townconfig.SiteJob{Name: n, Spec: r.cron("line", jobs[i]), Late: r.number("late_minutes", 0, mostLate, int(jobs[i].Keep.Minutes()))}
	if r.raw("on") != "" {
		j.Off = !r.yes("on")
	}
	if j.Off && !jobs[i].Optional {
		r.errorf("on", "%s 不能关：%s。", n, jobs[i].About)
	}
	s.Jobs = append(s.Jobs, j)
}

// cron is a cron line of five fields that comes often enough for its job.
func (r *row) cron(column string, j scheduler.Job) string {
	text := r.need(column)
	if text == "" {
		return ""
	}
	plan, err := calendar.Cron(text)
	switch {
	case err != nil && err.Error() == "never comes":
		r.errorf(column, "“%s” 哪天也轮不到。", text)
	case err != nil:
		r.errorf(column, "“%s” 看不懂。五格：分 时 日 月 周，北京时间，如 “%s”。", text, j.Spec)
	case widest(plan) > j.Apart:
		r.errorf(column, "“%s” 隔得太久，最多隔 %d 小时。", text, int(j.Apart.Hours()))
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
	jobs := scheduler.Jobs()
	for _, j := range s.Jobs {
		about := ""
		if i := jobIndex(jobs, j.Name); i >= 0 {
			about = jobs[i].About
		}
		rows = append(rows, []string{j.Name, j.Spec, strconv.Itoa(j.Late), yesNo(!j.Off), about})
	}
	return rows
}
