package subjectaccess

import (
	"cmp"

	"xintiexin/storage/bookings"
	"xintiexin/storage/careplans"
	"xintiexin/storage/consent"
	"xintiexin/storage/documents"
	"xintiexin/storage/events"
	"xintiexin/storage/followups"
	"xintiexin/storage/migration"
	"xintiexin/storage/person"
	"xintiexin/storage/record"
	"xintiexin/storage/requests"
	"xintiexin/storage/townforms"
	"xintiexin/storage/visits"
)

// PersonalData is all that is kept of a resident, as she may read and take along.
type PersonalData struct {
	Resident     person.Resident
	Consents     []consent.Consent // every answer, set by set, oldest first
	Appointments []bookings.Appointment
	Waiting      []bookings.Waiting
	Papers       []documents.Document
	Returns      []bookings.Recall // days on which a doctor asked her back
	Requests     []requests.Request
	Lectures     []events.LectureSeat
	Hears        bool // she is told of meetings
	Visits       []visits.Visit
	FollowUps    []followups.FollowUp
	Away         []migration.Absence
	Plans        []careplans.CarePlan   // those that she keeps to herself too
	Submissions  []townforms.Submission // answers to the town's own forms
	Looks        []person.NamedAccess
}

// Export returns what is kept of one of the asker's own; ErrNotFound for anybody
// else. What she asked without a name (the question box) is kept under no name
// and is not in it.
func Export(s person.Scope, resident string) (h PersonalData, err error) {
	if h.Resident, err = s.Mine(resident); err != nil {
		return h, err
	}
	if h.Appointments, err = bookings.List(s, resident, 1000); err != nil {
		return h, err
	}
	if h.Papers, err = documents.List(s, resident); err != nil {
		return h, err
	}
	if h.Looks, err = s.AccessLogOf(resident); err != nil {
		return h, err
	}
	if h.Requests, err = requests.MyRequests(s, resident); err != nil {
		return h, err
	}
	if h.Hears, err = events.IsSubscribed(s, resident); err != nil {
		return h, err
	}
	if h.Lectures, err = events.SeatsOf(s, resident, 0); err != nil {
		return h, err
	}
	if h.Waiting, err = bookings.WaitsOf(s, resident); err != nil {
		return h, err
	}
	if h.Plans, err = careplans.List(s, resident); err != nil {
		return h, err
	}
	var errs [6]error
	h.Consents, errs[0] = record.Collect(record.List[consent.Consent](s.Tx, record.Prefix("consent", resident)))
	h.Visits, errs[1] = record.Collect(record.List[visits.Visit](s.Tx, record.Prefix("visit", resident)))
	h.FollowUps, errs[2] = record.Collect(record.List[followups.FollowUp](s.Tx, record.Prefix("followup", resident)))
	h.Away, errs[3] = record.Collect(record.List[migration.Absence](s.Tx, record.Prefix("away", resident)))
	h.Returns, errs[4] = record.Collect(record.List[bookings.Recall](s.Tx, record.Prefix("return", resident)))
	h.Submissions, errs[5] = record.Collect(record.List[townforms.Submission](s.Tx, record.Prefix("submission", resident)))
	return h, cmp.Or(errs[:]...)
}
