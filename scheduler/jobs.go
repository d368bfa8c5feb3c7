package scheduler

import (
	"context"
	"time"
)

// Job is something done by the clock. The site data may give it another line
// (townconfig.SiteJob); the sheet jobs is made of Jobs.
type Job struct {
	Name     string        // as it is typed on a shell and stands in the sheet
	About    string        // what it does, as the sheet explains it to the office
	Spec     string        // a cron line of five fields, in UTC+8
	Keep     time.Duration // how late a missed run is still made up; 0 is never
	Apart    time.Duration // the most that a site's line may leave between two runs
	Optional bool          // a site may switch it off: nobody waits for it
	Run      func(ctx context.Context, s *Scheduler, at time.Time) (did string, err error)
}

// Jobs is all that is done without being asked, beside push, in the order in which
// it is done.
func Jobs() []Job {
	const day = 24 * time.Hour
	return []Job{
		{"care-plans", "到日子的提醒、随访，排进当天", "0 7 * * *", day, 2 * day, false, plans},
		{"morning-list", "早上给工作人员的一条：今天有几件", "30 7 * * *", 3 * time.Hour, 4 * day, true, morning},
		{"call-list", "第二天的预约，提醒没送到的，列进电话单", "0 17 * * *", 3 * time.Hour, 4 * day, false, callList},
		{"clinic-calls", "当天的预约，前一晚没送到的，列给窗口", "30 7 * * *", 30 * time.Minute, 4 * day, false, deskCalls},
		{"escalate-unclaimed", "没人打的电话、放久的事，请代班的人看", "30 18 * * *", 90 * time.Minute, 4 * day, true, nobodyTook},
		{"waitlist", "候补、空位、到期的号", "*/10 * * * *", time.Hour, time.Hour, false, seats},
		{"close-clinic-day", "当天没来的，收回位子", "5 18 * * *", 2 * day, 4 * day, false, clinicDay},
		{"broadcasts", "放出的群发，排好钟点", "*/5 * * * *", day, time.Hour, false, broadcasts},
		{"returns", "说好昨天到家的，问一声，只问一回", "0 9 * * *", 6 * time.Hour, 4 * day, true, returns},
		{"homecomings", "快过年、快收麦时，说要回来的人问一声，一回只问一次", "0 17 * * *", 6 * time.Hour, 4 * day, true, homecomings},
		{"profile", "一年两回，请用着的人看看登记，不回也行", "0 8 * * *", 6 * time.Hour, 4 * day, true, profile},
		{"month", "上个月的数，头一个上班日给要的人发一条", "30 8 1-12 * *", 10 * time.Hour, 31 * day, true, month},
		{"village-merges", "并村以后，把人挪过去", "*/10 * * * *", time.Hour, day, false, merges},
		{"handovers", "交接出去的，一页页接过去；代班到期的收回", "*/5 * * * *", day, time.Hour, false, handOvers},
		{"sweep", "清掉过时的会话和链接", "10 3 * * *", day, 2 * day, false, sweep},
		{"retention", "到期的记录删掉", "40 3 * * *", day, 2 * day, false, retention},
		{"erasures", "说了都删掉的，删干净", "*/10 * * * *", time.Hour, day, false, erasures},
	}
}
