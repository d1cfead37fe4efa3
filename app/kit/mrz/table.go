package mrz

// table holds the letters whose form is not simply their base letter, in capitals,
// the recommended form first: ICAO Doc 9303-3, section 6, tables A (Latin) and B
// (Cyrillic), with the forms of the national remarks and those that issuing states
// write by laws of their own.
var table = map[rune][]string{
	// Latin.
	'Ä': {"AE", "A"},
	'Å': {"AA", "A"},
	'Æ': {"AE"},
	'Ð': {"D"},
	'Đ': {"D"},
	'Ħ': {"H"},
	'Ĳ': {"IJ"},
	'ĸ': {"Q"},
	'Ł': {"L"},
	'Ŀ': {"L"},
	'Ñ': {"N", "NXX"},
	'Ŋ': {"N"},
	'Ö': {"OE", "O"},
	'Ø': {"OE", "O"},
	'Œ': {"OE"},
	'ß': {"SS"},
	'ẞ': {"SS"},
	'Ŧ': {"T"},
	'Ü': {"UE", "UXX", "U"},
	'Þ': {"TH"},
	'Ə': {"E", "A"},

	// Cyrillic.
	'А': {"A"},
	'Б': {"B"},
	'В': {"V"},
	'Г': {"G", "H"}, // H: Belarusian, Ukrainian
	'Ґ': {"G"},
	'Ѓ': {"G", "GJ"},
	'Д': {"D"},
	'Ђ': {"D", "DJ"},
	'Е': {"E"},
	'Ё': {"E", "IO"}, // IO: Belarusian
	'Є': {"IE", "YE"},
	'Ж': {"ZH", "Z"}, // Z: Serbian
	'З': {"Z"},
	'Ѕ': {"DZ"},
	'И': {"I", "Y"}, // Y: Ukrainian
	'І': {"I"},
	'Ї': {"I", "YI"},
	'Й': {"I", "Y"},
	'Ј': {"J"},
	'К': {"K"},
	'Ќ': {"K", "KJ"},
	'Л': {"L"},
	'Љ': {"LJ"},
	'М': {"M"},
	'Н': {"N"},
	'Њ': {"NJ"},
	'О': {"O"},
	'П': {"P"},
	'Р': {"R"},
	'С': {"S"},
	'Т': {"T"},
	'Ћ': {"C"},
	'У': {"U"},
	'Ў': {"U"},
	'Ф': {"F"},
	'Х': {"KH", "H"}, // H: Macedonian, Serbian, Bulgarian
	'Ц': {"TS", "C"}, // C: Macedonian, Serbian
	'Ч': {"CH", "C"}, // C: Serbian
	'Џ': {"DZ", "DJ"},
	'Ш': {"SH", "S"},     // S: Serbian
	'Щ': {"SHCH", "SHT"}, // SHT: Bulgarian
	'Ъ': {"IE", "A", ""}, // A: Bulgarian
	'Ы': {"Y"},
	'Ь': {"", "Y"}, // Y: Bulgarian
	'Э': {"E"},
	'Ю': {"IU", "YU"},
	'Я': {"IA", "YA"},
}
