package diagnostic

// rows is a table: each row is a format as it stands in the source, and its
// Chinese. It is a list, which costs nothing until the first text is told.
type rows []struct{ en, zh string }

// toldChinese lists the tables: one a package, in told_zh_<package>.go, each row
// a format of that package and its Chinese.
var toldChinese = map[string]rows{
	"apply":     toldApply,
	"cli":       toldCLI,
	"config":    toldConfig,
	"fleet":     toldFleet,
	"ledger":    toldLedger,
	"model":     toldModel,
	"notify":    toldNotify,
	"otlp":      toldOTLP,
	"plan":      toldPlan,
	"reconcile": toldReconcile,
	"remote":    toldRemote,
	"report":    toldReport,
	"rules":     toldRules,
	"sandbox":   toldSandbox,
	"schema":    toldSchema,
	"secret":    toldSecret,
	"source":    toldSource,
	"watch":     toldWatch,
	"web":       toldWeb,
}
