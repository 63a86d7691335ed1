package diagnostic

var toldOTLP = rows{
	{"%d spans were not delivered: %w", "%d 个 span 未送达：%w"},
	{"credentials belong into %s", "凭据应写在 %s 里"},
	{"only http/json is spoken", "只支持 http/json"},
	{"part %d is not NAME=VALUE", "第 %d 部分不是 NAME=VALUE"},
	{"the collector answers %d", "采集器返回 %d"},
	{"want a number of milliseconds", "应为毫秒数"},
	{"want an address such as http://127.0.0.1:4318", "应为地址，例如 http://127.0.0.1:4318"},
	{"without %s no trace is sent", "没有 %s 就不发送追踪"},
}
