package diagnostic

var toldConfig = map[string]string{
	// files.go, load.go
	"too large":                          "太大",
	"not a regular file":                 "不是普通文件",
	"no %s in %s or any folder above it": "%[2]s 及其上级文件夹中没有 %[1]s",
	"project folder: %w":                 "项目文件夹：%s",
	"no %s in %s":                        "%[2]s 中没有 %[1]s",
}
