package storage

import (
	"xintiexin/storage/access"
	"xintiexin/storage/bookings"
	"xintiexin/storage/documents"
	"xintiexin/storage/enrolment"
	"xintiexin/storage/ops"
	"xintiexin/storage/outbox"
	"xintiexin/storage/questions"
	"xintiexin/storage/requests"
	"xintiexin/storage/townconfig"
)

// Limits are the numbers that a town may set, in the order of the sheet limits. A
// limit is declared in the package that reads it, else in that of its records.
func Limits() []townconfig.Limit {
	return []townconfig.Limit{
		bookings.OfferMinutes,
		access.LinkMinutes,
		access.OfficeMinutes,
		access.PINTries,
		access.PINLockMinutes,
		bookings.WaitingDays,
		ops.BackupDays,
		requests.AnswerDays,
		questions.UnreadDays,
		questions.PerDay,
		documents.KeepDays,
		documents.RemindDays,
		townconfig.SpreadMinutes,
		outbox.NoticeAgainDays,
		outbox.NoticeRefusedDays,
		enrolment.ProfileSpringMonth,
		enrolment.ProfileAutumnMonth,
		outbox.TemplatesPerDay,
		ops.DiskFreeMB,
	}
}
