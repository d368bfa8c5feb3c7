package understand

import (
	_ "embed"
	"sync"

	"xintiexin/flows/understand/model"
)

//go:generate go run ../.. understand train -dir .

//go:embed weights.bin
var weights []byte

// standard is the reader of the weights that were built in.
var standard = sync.OnceValue(func() *Reader {
	m, err := model.Decode(weights)
	if err != nil {
		panic(err) // a test reads them
	}
	return New(m)
})

// Default returns the reader of the weights that are built in.
func Default() *Reader { return standard() }
