package storage

import "cmp"

// Held is all that is kept of a resident, as she may read and take along.
type Held struct {
	Resident     Resident
	Consents     []Consent // every answer, set by set, oldest first
	Appointments []Appointment
	Waiting      []Waiting
	Papers       []Paper
	Returns      []Return // days on which a doctor asked her back
	Requests     []Request
	Lectures     []LectureSeat
	Hears        bool // she is told of meetings
	Visits       []Visit
	FollowUps    []FollowUp
	Away         []Away
	Plans        []CarePlan   // those that she keeps to herself too
	Submissions  []Submission // answers to the town's own forms
	Looks        []Seen
}

// Held returns what is kept of one of the asker's own; ErrNotFound for anybody
// else. What she asked without a name (the question box) is kept under no name
// and is not in it.
func (s Scope) Held(resident string) (h Held, err error) {
	if h.Resident, err = s.Mine(resident); err != nil {
		return h, err
	}
	if h.Appointments, err = s.Appointments(resident, 1000); err != nil {
		return h, err
	}
	if h.Papers, err = s.Papers(resident); err != nil {
		return h, err
	}
	if h.Looks, err = s.LooksOf(resident); err != nil {
		return h, err
	}
	if h.Requests, err = s.MyRequests(resident); err != nil {
		return h, err
	}
	if h.Hears, err = s.Hears(resident); err != nil {
		return h, err
	}
	if h.Lectures, err = s.SeatsOf(resident, 0); err != nil {
		return h, err
	}
	if h.Waiting, err = s.WaitsOf(resident); err != nil {
		return h, err
	}
	if h.Plans, err = s.Plans(resident); err != nil {
		return h, err
	}
	var errs [6]error
	h.Consents, errs[0] = collect(list[Consent](s.tx, prefix("consent", resident)))
	h.Visits, errs[1] = collect(list[Visit](s.tx, prefix("visit", resident)))
	h.FollowUps, errs[2] = collect(list[FollowUp](s.tx, prefix("followup", resident)))
	h.Away, errs[3] = collect(list[Away](s.tx, prefix("away", resident)))
	h.Returns, errs[4] = collect(list[Return](s.tx, prefix("return", resident)))
	h.Submissions, errs[5] = collect(list[Submission](s.tx, prefix("submission", resident)))
	return h, cmp.Or(errs[:]...)
}
