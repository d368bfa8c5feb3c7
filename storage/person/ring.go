package person

// Ring is who may ring somebody whom a message did not reach.
type Ring string

const (
	RingNobody  Ring = ""
	RingContact Ring = "contact" // her contact in the village
)
