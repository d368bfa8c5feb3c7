package author
import ("testing";"os";"fmt";"time";"xintiexin/flows/xlsform";"xintiexin/flows/form")
func BenchmarkEach(b *testing.B){
	src, _ := os.ReadFile(corpus+"/pma-crvs-kap.xlsx")
	book, _ := xlsform.ParseWorkbook(src)
	attach(book, "pma-crvs-kap")
	f := mended(b, "pma-crvs-kap", book)
	states, typed := longestWay(b, f)
	for b.Loop(){}
	for i:=range typed {
		best:=time.Hour
		var q string
		for range 20 { t0:=time.Now(); s,_:=form.Decode(f,states[i]); x,_:=s.Open(); if x!=nil{q=x.Name}; form.Step(f,s,form.Input{Text:typed[i]},form.Env{Now:noon,Seed:uint64(i),Lists:Invented{}}); s.AppendBinary(nil); best=min(best,time.Since(t0)) }
		fmt.Println(i,q,typed[i],best,len(states[i]))
	}
}
