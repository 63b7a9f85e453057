// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

extension ClientFrame {
    private static let schema =
        #"{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}"#
    private static let png = "iVBORw0KGgo="

    /// The members of this API's requests, in the order of the table.
    var fields: [ClientField] {
        switch format {
        case .openAIChat: Self.chatFields
        case .openAIResponses: Self.responsesFields
        case .anthropicMessages: Self.messagesFields
        case .geminiGenerateContent: Self.contentsFields
        default: []
        }
    }

    private static var chatFields: [ClientField] {
        let tool = #"{"type":"function","function":{"name":"f","description":"d","parameters":\#(schema)}}"#
        let tools = #""tools":[\#(tool)]"#
        func member(_ name: String, _ member: String) -> ClientField { ClientField(name, member, in: .chat) }
        func part(_ name: String, _ part: String) -> ClientField { ClientField(part: name, part, in: .chat) }
        func history(_ name: String, _ messages: String) -> ClientField {
            ClientField(
                body: name,
                #"{"model":"m",\#(tools),"messages":[{"role":"user","content":"Hello"},\#(messages)]}"#
            )
        }
        let call = #"{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":\"x\"}"}}"#
        return [
            member("max_tokens", #""max_tokens":100"#),
            member("max_completion_tokens", #""max_completion_tokens":100"#),
            member("temperature", #""temperature":0.5"#), member("top_p", #""top_p":0.5"#),
            member("top_k", #""top_k":5"#), member("stop", #""stop":["x"]"#), member("n", #""n":2"#),
            member("seed", #""seed":7"#), member("frequency_penalty", #""frequency_penalty":0.5"#),
            member("presence_penalty", #""presence_penalty":0.5"#),
            member("logit_bias", #""logit_bias":{"50256":-100}"#),
            member("logprobs", #""logprobs":true"#),
            member("top_logprobs", #""logprobs":true,"top_logprobs":2"#),
            member("response_format json_object", #""response_format":{"type":"json_object"}"#),
            member(
                "response_format json_schema",
                #""response_format":{"type":"json_schema","json_schema":{"name":"n","schema":\#(schema),"strict":true}}"#
            ),
            member("reasoning_effort", #""reasoning_effort":"low""#),
            member("thinking", #""thinking":{"type":"enabled","budget_tokens":2048}"#),
            member("verbosity", #""verbosity":"low""#), member("tools", tools),
            member(
                "tools strict",
                #""tools":[{"type":"function","function":{"name":"f","strict":true,"parameters":\#(schema)}}]"#
            ),
            member("tools custom", #""tools":[{"type":"custom","custom":{"name":"f","description":"d"}}]"#),
            member("functions", #""functions":[{"name":"f","parameters":\#(schema)}]"#),
            member("tool_choice none", #"\#(tools),"tool_choice":"none""#),
            member("tool_choice required", #"\#(tools),"tool_choice":"required""#),
            member("tool_choice function", #"\#(tools),"tool_choice":{"type":"function","function":{"name":"f"}}"#),
            member(
                "tool_choice allowed_tools",
                #"\#(tools),"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"f"}}]}}"#
            ),
            member("parallel_tool_calls", #"\#(tools),"parallel_tool_calls":false"#),
            member("user", #""user":"u""#), member("safety_identifier", #""safety_identifier":"u""#),
            member("metadata", #""metadata":{"k":"v"}"#), member("service_tier", #""service_tier":"flex""#),
            member("store", #""store":true"#), member("prompt_cache_key", #""prompt_cache_key":"k""#),
            member("modalities audio", #""modalities":["text","audio"],"audio":{"voice":"alloy","format":"wav"}"#),
            member("prediction", #""prediction":{"type":"content","content":"x"}"#),
            member("web_search_options", #""web_search_options":{}"#),
            member("an unknown field", #""never_heard_of":1"#),
            part("image, data", #"{"type":"image_url","image_url":{"url":"data:image/png;base64,\#(png)"}}"#),
            part("image, URL", #"{"type":"image_url","image_url":{"url":"https://example.com/a.png"}}"#),
            part("input_audio", #"{"type":"input_audio","input_audio":{"data":"\#(png)","format":"wav"}}"#),
            part("audio_url, data", #"{"type":"audio_url","audio_url":{"url":"data:audio/mp3;base64,\#(png)"}}"#),
            part("video_url, data", #"{"type":"video_url","video_url":{"url":"data:video/mp4;base64,\#(png)"}}"#),
            part(
                "file, data",
                #"{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,\#(png)"}}"#
            ),
            part("cache_control", #"{"type":"text","text":"x","cache_control":{"type":"ephemeral"}}"#),
            ClientField(
                body: "messages[].name",
                #"{"model":"m","messages":[{"role":"user","name":"Ann","content":[{"type":"text","text":"Hello"}]}]}"#
            ),
            history(
                "tool calls and results",
                #"{"role":"assistant","tool_calls":[\#(call)]},{"role":"tool","tool_call_id":"c1","content":"r"}"#
            ),
            history(
                "image in a result",
                #"{"role":"assistant","tool_calls":[\#(call)]},{"role":"tool","tool_call_id":"c1","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,\#(png)"}}]}"#
            ),
            history(
                "refusal of an earlier turn",
                #"{"role":"assistant","refusal":"No."},{"role":"user","content":"Why?"}"#
            ),
        ]
    }

    private static var responsesFields: [ClientField] {
        let tools =
            #""tools":[{"type":"function","name":"f","description":"d","parameters":\#(schema),"strict":false}]"#
        func member(_ name: String, _ member: String) -> ClientField { ClientField(name, member, in: .responses) }
        func part(_ name: String, _ part: String) -> ClientField { ClientField(part: name, part, in: .responses) }
        return [
            member("instructions", #""instructions":"Be brief.""#),
            member("max_output_tokens", #""max_output_tokens":100"#), member("temperature", #""temperature":0.5"#),
            member("top_p", #""top_p":0.5"#), member("presence_penalty", #""presence_penalty":0.5"#),
            member("frequency_penalty", #""frequency_penalty":0.5"#),
            member("top_logprobs", #""top_logprobs":2,"include":["message.output_text.logprobs"]"#),
            member("reasoning.effort", #""reasoning":{"effort":"low"}"#),
            member("reasoning.summary", #""reasoning":{"effort":"low","summary":"auto"}"#),
            member("text.format json_object", #""text":{"format":{"type":"json_object"}}"#),
            member(
                "text.format json_schema",
                #""text":{"format":{"type":"json_schema","name":"n","schema":\#(schema)}}"#
            ),
            member("text.verbosity", #""text":{"verbosity":"low"}"#), member("tools function", tools),
            member("tools custom", #""tools":[{"type":"custom","name":"f","description":"d"}]"#),
            member(
                "tools namespace",
                #""tools":[{"type":"namespace","name":"n","description":"d","tools":[{"type":"function","name":"f","parameters":\#(schema)}]}]"#
            ),
            member("tools local_shell", #""tools":[{"type":"local_shell"}]"#),
            member("tools web_search", #""tools":[{"type":"web_search"}]"#),
            member("tool_choice none", #"\#(tools),"tool_choice":"none""#),
            member("tool_choice required", #"\#(tools),"tool_choice":"required""#),
            member("tool_choice function", #"\#(tools),"tool_choice":{"type":"function","name":"f"}"#),
            member(
                "tool_choice allowed_tools",
                #"\#(tools),"tool_choice":{"type":"allowed_tools","mode":"required","tools":[{"type":"function","name":"f"}]}"#
            ),
            member("parallel_tool_calls", #"\#(tools),"parallel_tool_calls":false"#),
            member("max_tool_calls", #""max_tool_calls":3"#), member("truncation", #""truncation":"auto""#),
            member("include encrypted_content", #""include":["reasoning.encrypted_content"]"#),
            member("metadata", #""metadata":{"k":"v"}"#), member("user", #""user":"u""#),
            member("safety_identifier", #""safety_identifier":"u""#), member("service_tier", #""service_tier":"flex""#),
            member("store", #""store":false"#), member("prompt_cache_key", #""prompt_cache_key":"k""#),
            member("background", #""background":true"#), member("client_metadata", #""client_metadata":{"a":"b"}"#),
            member("an unknown field", #""never_heard_of":1"#),
            part("image, data", #"{"type":"input_image","detail":"auto","image_url":"data:image/png;base64,\#(png)"}"#),
            part("image, URL", #"{"type":"input_image","detail":"auto","image_url":"https://example.com/a.png"}"#),
            part("image, file id", #"{"type":"input_image","detail":"auto","file_id":"file-1"}"#),
            part(
                "file, data",
                #"{"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,\#(png)"}"#
            ),
            part("file, URL", #"{"type":"input_file","file_url":"https://example.com/a.pdf"}"#),
        ]
    }

    private static var messagesFields: [ClientField] {
        let tools = #""tools":[{"name":"f","description":"d","input_schema":\#(schema)}]"#
        func member(_ name: String, _ member: String) -> ClientField { ClientField(name, member, in: .messages) }
        func part(_ name: String, _ part: String) -> ClientField { ClientField(part: name, part, in: .messages) }
        func source(_ type: String, _ source: String) -> String { #"{"type":"\#(type)","source":\#(source)}"# }
        return [
            member("system", #""system":"Be brief.""#),
            member(
                "system, cache_control",
                #""system":[{"type":"text","text":"x","cache_control":{"type":"ephemeral"}}]"#
            ),
            member("temperature", #""temperature":0.5"#), member("top_p", #""top_p":0.5"#),
            member("top_k", #""top_k":5"#), member("stop_sequences", #""stop_sequences":["x"]"#),
            member("thinking enabled", #""thinking":{"type":"enabled","budget_tokens":2048}"#),
            member("thinking adaptive", #""thinking":{"type":"adaptive"}"#),
            member("thinking disabled", #""thinking":{"type":"disabled"}"#),
            member("output_config.effort", #""output_config":{"effort":"low"}"#),
            member("output_config.format", #""output_config":{"format":{"type":"json_schema","schema":\#(schema)}}"#),
            member("tools", tools),
            member("tools strict", #""tools":[{"name":"f","strict":true,"input_schema":\#(schema)}]"#),
            member("tools of the vendor", #""tools":[{"type":"web_search_20250305","name":"web_search"}]"#),
            member("tool_choice any", #"\#(tools),"tool_choice":{"type":"any"}"#),
            member("tool_choice tool", #"\#(tools),"tool_choice":{"type":"tool","name":"f"}"#),
            member("tool_choice none", #"\#(tools),"tool_choice":{"type":"none"}"#),
            member(
                "disable_parallel_tool_use",
                #"\#(tools),"tool_choice":{"type":"auto","disable_parallel_tool_use":true}"#
            ),
            member("metadata.user_id", #""metadata":{"user_id":"u"}"#),
            member("service_tier", #""service_tier":"standard_only""#),
            member("cache_control", #""cache_control":{"type":"ephemeral"}"#),
            member("context_management", #""context_management":{"edits":[]}"#),
            member("mcp_servers", #""mcp_servers":[{"type":"url","name":"n","url":"https://example.com"}]"#),
            member("container", #""container":"c""#), member("an unknown field", #""never_heard_of":1"#),
            part("cache_control of a text", #"{"type":"text","text":"x","cache_control":{"type":"ephemeral"}}"#),
            part("image, base64", source("image", #"{"type":"base64","media_type":"image/png","data":"\#(png)"}"#)),
            part("image, URL", source("image", #"{"type":"url","url":"https://example.com/a.png"}"#)),
            part("image, file", source("image", #"{"type":"file","file_id":"file_1"}"#)),
            part(
                "document, base64",
                source("document", #"{"type":"base64","media_type":"application/pdf","data":"\#(png)"}"#)
            ),
            part("document, text", source("document", #"{"type":"text","media_type":"text/plain","data":"x"}"#)),
            part("document, URL", source("document", #"{"type":"url","url":"https://example.com/a.pdf"}"#)),
        ]
    }

    private static var contentsFields: [ClientField] {
        let tools =
            #""tools":[{"functionDeclarations":[{"name":"f","description":"d","parametersJsonSchema":\#(schema)}]}]"#
        func member(_ name: String, _ member: String) -> ClientField { ClientField(name, member, in: .contents) }
        func part(_ name: String, _ part: String) -> ClientField { ClientField(part: name, part, in: .contents) }
        func generation(_ name: String, _ value: String) -> ClientField {
            member(name, #""generationConfig":{\#(value)}"#)
        }
        func choice(_ name: String, _ value: String) -> ClientField {
            member(name, #"\#(tools),"toolConfig":{"functionCallingConfig":{\#(value)}}"#)
        }
        return [
            member("systemInstruction", #""systemInstruction":{"parts":[{"text":"Be brief."}]}"#),
            generation("maxOutputTokens", #""maxOutputTokens":100"#), generation("temperature", #""temperature":0.5"#),
            generation("topP", #""topP":0.5"#), generation("topK", #""topK":5"#),
            generation("stopSequences", #""stopSequences":["x"]"#),
            generation("candidateCount", #""candidateCount":2"#),
            generation("seed", #""seed":7"#), generation("presencePenalty", #""presencePenalty":0.5"#),
            generation("frequencyPenalty", #""frequencyPenalty":0.5"#),
            generation("responseMimeType JSON", #""responseMimeType":"application/json""#),
            generation(
                "responseSchema",
                #""responseMimeType":"application/json","responseSchema":{"type":"OBJECT","properties":{"a":{"type":"STRING"}}}"#
            ),
            generation("responseJsonSchema", #""responseMimeType":"application/json","responseJsonSchema":\#(schema)"#),
            generation("thinkingBudget", #""thinkingConfig":{"thinkingBudget":2048}"#),
            generation("thinkingLevel", #""thinkingConfig":{"thinkingLevel":"LOW"}"#),
            generation("includeThoughts", #""thinkingConfig":{"includeThoughts":true,"thinkingLevel":"LOW"}"#),
            generation("responseLogprobs", #""responseLogprobs":true,"logprobs":2"#),
            generation("responseModalities", #""responseModalities":["TEXT","IMAGE"]"#),
            generation("mediaResolution", #""mediaResolution":"MEDIA_RESOLUTION_LOW""#),
            generation("speechConfig", #""speechConfig":{"languageCode":"de-DE"}"#),
            member("tools, JSON Schema", tools),
            member(
                "tools, Google's schema",
                #""tools":[{"functionDeclarations":[{"name":"f","parameters":{"type":"OBJECT","properties":{"a":{"type":"STRING"}}}}]}]"#
            ),
            member("tools of the vendor", #""tools":[{"googleSearch":{}}]"#), choice("mode ANY", #""mode":"ANY""#),
            choice("mode NONE", #""mode":"NONE""#),
            choice("allowedFunctionNames", #""mode":"ANY","allowedFunctionNames":["f"]"#),
            member(
                "safetySettings",
                #""safetySettings":[{"category":"HARM_CATEGORY_HARASSMENT","threshold":"BLOCK_NONE"}]"#
            ),
            member("cachedContent", #""cachedContent":"cachedContents/1""#), member("labels", #""labels":{"k":"v"}"#),
            member("an unknown field", #""neverHeardOf":1"#),
            part("inlineData image", #"{"inlineData":{"mimeType":"image/png","data":"\#(png)"}}"#),
            part("inlineData audio", #"{"inlineData":{"mimeType":"audio/wav","data":"\#(png)"}}"#),
            part("inlineData video", #"{"inlineData":{"mimeType":"video/mp4","data":"\#(png)"}}"#),
            part("inlineData PDF", #"{"inlineData":{"mimeType":"application/pdf","data":"\#(png)"}}"#),
            part("fileData, URL", #"{"fileData":{"mimeType":"image/png","fileUri":"https://example.com/a.png"}}"#),
        ]
    }
}
