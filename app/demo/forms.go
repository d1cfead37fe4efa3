package demo

import (
	"context"
	"fmt"
	"slices"

	"qianshou/app/forms"
	"qianshou/app/kit/locale"
)

// loadForm asks the forum's guests what hosts, interpreters and the press room need
// to know.
func loadForm(ctx context.Context, s Services, c *codes) error {
	event := c.Events["EV-FORUM-2027"]
	option := func(code, zh, en string) forms.Option {
		return forms.Option{Code: code, Label: locale.Text{ZH: zh, EN: en}}
	}
	guests := []string{"companion", "consular", "head", "member"}
	for _, d := range []forms.Definition{
		{
			Code: "arrival_flight", Kind: forms.Text, Label: locale.Text{ZH: "抵达航班或车次", EN: "Arrival flight or train"},
			Help: locale.Text{ZH: "例如 MU 5102，便于安排接站。", EN: "Such as MU 5102, so that somebody meets you."}, Categories: guests,
		},
		{
			Code: "interpreter", Kind: forms.Choose, Label: locale.Text{ZH: "会谈时是否需要翻译？", EN: "Do you need an interpreter in meetings?"},
			Options: []forms.Option{option("yes", "需要", "Yes"), option("no", "不需要", "No")},
		},
		{
			Code: "interpreter_language", Kind: forms.Language, Required: true, Label: locale.Text{ZH: "翻译语种", EN: "Into and from which language?"},
		},
		{
			Code: "topics", Kind: forms.Choices, Label: locale.Text{ZH: "感兴趣的议题", EN: "Topics of interest"}, Categories: []string{"consular", "firm", "head", "member"},
			Options: []forms.Option{
				option("ports", "港口与物流", "Ports and logistics"), option("trade", "经贸投资", "Trade and investment"), option("green", "绿色城市", "Green cities"),
				option("digital", "数字经济", "Digital economy"), option("culture", "文化旅游", "Culture and tourism"), option("education", "教育与青年", "Education and youth"),
			},
		},
		{
			Code: "equipment", Kind: forms.LongText, Label: locale.Text{ZH: "拟携带的采访设备", EN: "Equipment that you bring"}, Categories: []string{"press"},
			Help: locale.Text{ZH: "每行一件，写明品牌和型号；无人机须另行申请。", EN: "One per line, with make and model. Drones need a permit of their own."},
		},
		{
			Code: "press_card", Kind: forms.File, Label: locale.Text{ZH: "记者证", EN: "Press card"}, Categories: []string{"press"},
			Help: locale.Text{ZH: "照片页的照片或扫描件。", EN: "A picture or scan of the page with your photo."},
		},
		{
			Code: "photos", Kind: forms.Consent, Label: locale.Text{ZH: "同意使用活动影像", EN: "I agree that pictures of me are used"},
			Agreement: locale.Text{
				ZH: "主办方在会场拍照和录像，用于新闻报道和论坛档案。\n您可随时告知主办方撤回同意，此后发布的内容不再使用您的影像。",
				EN: "The organiser takes pictures and films at the venues, for the news and the forum's archive.\nTell the organiser at any time if you change your mind; what is published later will not show you.",
			},
		},
	} {
		if d.Code == "interpreter_language" {
			asked, err := s.Forms.Asked(ctx, event)
			if err != nil {
				return err
			}
			d.ShownIf, d.ShownFor = asked.Questions[len(asked.Questions)-1].ID, []string{"yes"}
		}
		if _, err := s.Forms.Add(ctx, by, event, d); err != nil {
			return fmt.Errorf("question %s: %w", d.Code, err)
		}
	}
	return nil
}

// interpreting are the answers of somebody who speaks some languages: whoever has
// neither Chinese nor English asks for an interpreter of their first.
func interpreting(languages []string) forms.Answers {
	if len(languages) == 0 {
		return nil
	}
	if slices.Contains(languages, "zh") || slices.Contains(languages, "en") {
		return forms.Answers{"interpreter": {"no"}}
	}
	return forms.Answers{"interpreter": {"yes"}, "interpreter_language": {languages[0]}}
}
