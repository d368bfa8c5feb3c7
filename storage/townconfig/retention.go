package townconfig

import "xintiexin/storage/record"

// Retention is for how many days a kind of record is kept: a row of the sheet
// retention.
type Retention struct{ bound Bound }

func newRetention(p record.Period, least, most int, about string) Retention {
	return Retention{Bound{p.Name, p.Days, least, most, about}}
}

// DaysOf returns for how many days a site keeps what a period names.
func DaysOf(s *Site, p record.Period) int {
	return Bound{Name: p.Name, Default: p.Days}.of(s.Retention)
}

// Of returns the days that the site sets, else those of the norms.
func (r Retention) Of(s *Site) int { return r.bound.of(s.Retention) }

// Bound returns what the sheets say of the period.
func (r Retention) Bound() Bound { return r.bound }

// The periods with the days of the norms (domain.md 6.5): evidence three years at
// least, the access log half a year; an erasure is done within fifteen days.
var (
	KeepChat         = newRetention(record.ChatPeriod, 1, 90, "聊天里的话")
	KeepDraft        = newRetention(record.DraftPeriod, 1, 30, "没填完的")
	KeepBooking      = newRetention(record.BookingPeriod, 30, 1095, "约号，从来过那天算")
	KeepReceipt      = newRetention(record.ReceiptPeriod, 180, 1825, "领取的凭据")
	KeepReturned     = newRetention(record.AwayBackPeriod, 30, 365, "外出返乡，回来以后")
	KeepAway         = newRetention(record.AwayIdlePeriod, 90, 730, "外出返乡，一直没动")
	KeepRequest      = newRetention(record.RequestPeriod, 30, 1095, "办完的找人、办事")
	KeepSubmission   = newRetention(record.SubmissionPeriod, 30, 1825, "镇上自己的表填的")
	KeepReadQuestion = newRetention(record.ReadQuestionPeriod, 1, 7, "小纸条，看过以后")
	KeepEvidence     = newRetention(record.EvidencePeriod, 1095, 3650, "同意的凭据，停了以后；最少3年")
	KeepAudit        = newRetention(record.AuditPeriod, 183, 3650, "谁看过谁的记录；最少半年")
	KeepWithdrawn    = newRetention(record.PurgePeriod, 1, 15, "说了都删掉以后，几天内清干净；最多15天")
	KeepUnanswered   = newRetention(record.DirectoryPeriod, 30, 730, "通讯录里一直没同意过的")
	KeepDeactivated  = newRetention(record.ClosingPeriod, 15, 365, "去世、搬走的，多久以后删干净；记错了在这以前能恢复")
	KeepUnfollowed   = newRetention(record.StoodPeriod, 1, 180, "取关的人回来认得出；只存一串算不回去的码")
)

// Retentions are the periods that a town may set, in the order of the sheet.
func Retentions() []Retention {
	return []Retention{
		KeepChat, KeepDraft, KeepBooking, KeepReceipt, KeepReturned, KeepAway, KeepRequest, KeepSubmission,
		KeepReadQuestion, KeepEvidence, KeepAudit, KeepWithdrawn, KeepUnanswered, KeepDeactivated, KeepUnfollowed,
	}
}
