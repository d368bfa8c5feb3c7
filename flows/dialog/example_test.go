package dialog_test

import (
	"fmt"

	"xintiexin/flows"
	"xintiexin/flows/dialog"
)

// Capabilities and their forms are put together once; those who hear what is typed
// are asked in the order of their stages.
func ExampleNewTalk() {
	talk, err := dialog.NewTalk(flows.Capabilities(), flows.Forms())
	if err != nil {
		panic(err)
	}
	all := talk.Recognisers()
	first, last := all[0], all[len(all)-1]
	fmt.Println(first.Stage, first.Name)
	fmt.Println(last.Stage, last.Name)
	// Output:
	// safety safety.danger
	// human dialog.menu
}
