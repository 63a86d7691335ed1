package config
import ("testing";"os";"path/filepath";"math/rand";"fmt";"time";"github.com/idpsync/idpsync/internal/schema")
func TestZZ(t *testing.T){
 names,_:=filepath.Glob("../../testdata/validate/*/*.yaml")
 var seeds [][]byte
 for _,n:=range names{ b,_:=os.ReadFile(n); seeds=append(seeds,b)}
 r:=rand.New(rand.NewSource(1))
 end:=time.Now().Add(40*time.Second); n:=0
 var slow time.Duration
 for time.Now().Before(end){
  s:=append([]byte(nil),seeds[r.Intn(len(seeds))]...)
  for k:=r.Intn(6);k>=0;k--{ i:=r.Intn(len(s)); switch r.Intn(4){case 0: s[i]=byte(r.Intn(256));case 1: s=append(s[:i],s[min(len(s),i+r.Intn(10)):]...); case 2: o:=seeds[r.Intn(len(seeds))]; j:=r.Intn(len(o)); e:=min(len(o),j+r.Intn(60)); s=append(s[:i:i],append(append([]byte(nil),o[j:e]...),s[i:]...)...); case 3: s[i]="{}[]*&!|>'\"%@`:-,#\t\n ${}"[r.Intn(25)]}; if len(s)==0{s=[]byte("a")} }
  os.WriteFile("/tmp/zz-last",s,0o644)
  t0:=time.Now()
  p:=&Project{Dir:"/tmp",catalog:schema.Bundled(),targetNames:[]string{"local"},Policy:defaultPolicy(),Targets:map[string]*Target{"local":{Name:"local",Vars:map[string]any{"domain":"x","list":[]any{}}}}}
  f:=&file{path:"x.yaml",data:s}
  docs,found:=parseFile(f)
  found=append(found,p.admit(parsedFile{file:f,docs:docs})...)
  _,more:=p.Desired("local")
  checkFuzzed(t,append(found,more...))
  (&decoder{project:p}).decodeAny(docs)
  if d:=time.Since(t0);d>slow{slow=d;fmt.Println(n,d); if d>time.Second{os.WriteFile(fmt.Sprintf("/tmp/zz-slow-%d",n),s,0o644)}}
  n++
 }
 fmt.Println(n)
}
