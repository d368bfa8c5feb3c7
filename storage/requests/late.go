package requests

// Left is what nobody took up, offered to one cadre: counts alone.
type Left struct {
	Calls   int // that she may make
	Village int // that were to be made by somebody who is not there
	Waiting int // follow-ups that have waited long
}

// WaitsLong is how many days after the day agreed on a follow-up is offered to
// others.
const WaitsLong = 7
