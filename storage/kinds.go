package storage

import "time"

// Kinds are the kinds of records that say something of themselves to the
// mechanisms that know none by name.
func Kinds() []Kind {
	return []Kind{
		{Name: "followup", Withdrawn: withdrawnFollowUps},
		{Name: "request", Ties: requestTies, Withdrawn: withdrawnRequests},
		{Name: "lecture", Withdrawn: withdrawnLectures},
		{Name: "appointment", Ties: appointmentTies, Withdrawn: withdrawnSeats},
		{Name: "return", Withdrawn: withdrawnReturns},
		{Name: "plan", Withdrawn: withdrawnPlans},
		{Name: "away", Withdrawn: withdrawnAway},
		{Name: "paper", Ties: paperTies, Withdrawn: withdrawnPapers},
	}
}

// PutSite keeps new site data as the one in force, and the one before it under
// its ID, so that it is a command away. Who has a seat at a meeting that is moved by
// it, or not held, is told and reminded anew.
func (tx *Tx) PutSite(s Site, by string, now time.Time) error {
	if err := tx.putSite(s, by, now); err != nil {
		return err
	}
	return tx.moveLectures(s.Lectures, now)
}
