// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

extension RequestElement {
    private static func body(_ contents: String, _ more: String = "") -> String {
        #"{"contents":[\#(contents)]\#(more.isEmpty ? "" : ",")\#(more)}"#
    }

    private static func user(_ parts: String) -> String { #"{"role":"user","parts":[\#(parts)]}"# }
    private static func model(_ parts: String) -> String { #"{"role":"model","parts":[\#(parts)]}"# }
    private static let hello = user(#"{"text":"Hello"}"#)

    private static func call(_ index: Int, hasID: Bool = true, _ more: String = "") -> String {
        #"{"functionCall":{\#(hasID ? #""id":"c\#(index)","# : "")"name":"f\#(index)","args":{}}\#(more)}"#
    }

    private static func response(_ index: Int, hasID: Bool = true) -> String {
        #"{"functionResponse":{\#(hasID ? #""id":"c\#(index)","# : "")"name":"f\#(index)","response":{"output":"r"}}}"#
    }

    private static func declaration(
        _ index: Int,
        _ parameters: String = #""parametersJsonSchema":{"type":"object"}"#
    ) -> String {
        #"{"name":"f\#(index)","description":"d",\#(parameters)}"#
    }

    private static func signature(_ text: String) -> String {
        // As the gateway writes it, with the short word that fills it up.
        #","thoughtSignature":"t_\#(text)""#
    }

    /// The repeated elements of Gemini's generateContent.
    static let gemini: [RequestElement] =
        [
            RequestElement(.gemini, "contents") { n in
                body(list(n) { $0 % 2 == 0 ? hello : model(#"{"text":"Hi"}"#) } + "," + hello)
            },
            RequestElement(.gemini, "contents of the model") { n in
                body("\(hello),\(list(n) { _ in model(#"{"text":"Hi"}"#) }),\(hello)")
            },
            RequestElement(.gemini, "parts") { n in body(user(list(n) { _ in #"{"text":"Hello"}"# })) },
            RequestElement(.gemini, "parts of the model") { n in
                body("\(hello),\(model(list(n) { _ in #"{"text":"Hi"}"# })),\(hello)")
            },
            RequestElement(.gemini, "parts of the system") { n in
                body(hello, #""systemInstruction":{"parts":[\#(list(n) { _ in #"{"text":"Be kind"}"# })]}"#)
            },
            RequestElement(.gemini, "calls and responses") { n in
                body("\(hello),\(model(list(n) { call($0) })),\(user(list(n) { response($0) }))")
            },
            RequestElement(.gemini, "calls and responses in opposite order") { n in
                body("\(hello),\(model(list(n) { call($0) })),\(user(list(n) { response(n - 1 - $0) }))")
            },
            RequestElement(.gemini, "calls and responses without ids") { n in
                body(
                    "\(hello),\(model(list(n) { call($0, hasID: false) })),\(user(list(n) { response(n - 1 - $0, hasID: false) }))"
                )
            },
            RequestElement(.gemini, "responses behind 1,024 open calls") { n in
                body(
                    "\(hello),\(model(list(1_024) { call(1_000_000 + $0) })),"
                        + list(n) { "\(model(call($0))),\(user(response($0)))" }
                )
            },
            RequestElement(.gemini, "calls that nothing answers") { n in
                body("\(hello),\(model(list(n) { call($0) })),\(hello)")
            },
            RequestElement(.gemini, "calls in turns of their own") { n in
                body("\(hello),\(list(n) { "\(model(call($0))),\(user(response($0)))" })")
            },
            RequestElement(.gemini, "thoughts") { n in
                body(
                    "\(hello),"
                        + model(
                            list(n) { #"{"text":"t","thought":true\#(signature(state(.encrypted, $0)))}"# }
                                + #",{"text":"Hi"}"#
                        ) + "," + hello
                )
            },
            RequestElement(.gemini, "thoughts, then turns") { n in
                body(
                    "\(hello),\(model(list(n) { #"{"text":"t","thought":true\#(signature(state(.encrypted, $0)))}"# })),"
                        + list(n) { $0 % 2 == 0 ? hello : model(#"{"text":"Hi"}"#) } + "," + hello
                )
            },
            RequestElement(.gemini, "signatures of calls") { n in
                body(
                    "\(hello),\(list(n) { "\(model(call($0, signature(state(.thought, $0))))),\(user(response($0)))" })"
                )
            },
            RequestElement(.gemini, "signatures of one part") { n in
                body(
                    "\(hello),\(model(#"{\#(list(n) { #""thoughtSignature":"\#(foreignState(.thought, $0))""# }),"text":"Hi"}"#)),\(hello)"
                )
            },
            RequestElement(.gemini, "unknown members of a part") { n in
                body(user(#"{"text":"Hello",\#(list(n) { #""x\#($0)":1"# })}"#))
            },
            RequestElement(.gemini, "data") { n in
                body(user(list(n) { _ in #"{"inlineData":{"mimeType":"image/png","data":"aGVsbG8="}}"# }))
            },
            RequestElement(.gemini, "documents of one name") { n in
                body(
                    user(
                        list(n) { _ in
                            #"{"inlineData":{"mimeType":"application/pdf","displayName":"a","data":"aGVsbG8="}}"#
                        }
                    )
                )
            },
            RequestElement(.gemini, "code that was run") { n in
                body(
                    "\(hello),\(model(list(n) { _ in #"{"executableCode":{"language":"PYTHON","code":"1"}}"# })),\(hello)"
                )
            },
            RequestElement(.gemini, "declarations", most: mostTools) { n in
                body(hello, #""tools":[{"functionDeclarations":[\#(list(n) { declaration($0) })]}]"#)
            },
            RequestElement(.gemini, "declarations and allowed names", most: mostTools) { n in
                body(
                    hello,
                    #""tools":[{"functionDeclarations":[\#(list(n) { declaration($0) })]}],"toolConfig":{"functionCallingConfig":{"mode":"VALIDATED","allowedFunctionNames":[\#(list(n) { #""f\#($0)""# })]}}"#
                )
            },
            RequestElement(.gemini, "tools", most: mostTools) { n in
                body(hello, #""tools":[\#(list(n) { #"{"functionDeclarations":[\#(declaration($0))]}"# })]"#)
            },
            RequestElement(.gemini, "hosted tools", most: mostTools) { n in
                body(hello, #""tools":[{\#(list(n) { #""googleSearch\#($0)":{}"# })}]"#)
            },
            RequestElement(.gemini, "configurations of tools") { n in
                body(hello, #""toolConfig":{\#(list(n) { _ in #""functionCallingConfig":{"mode":"AUTO"}"# })}"#)
            },
            RequestElement(.gemini, "stop sequences", most: 1_024) { n in
                body(hello, #""generationConfig":{"stopSequences":[\#(list(n) { #""s\#($0)""# })]}"#)
            },
            RequestElement(.gemini, "settings") { n in
                body(hello, #""generationConfig":{\#(list(n) { _ in #""temperature":1"# })}"#)
            },
            RequestElement(.gemini, "safety settings") { n in
                body(
                    hello,
                    #""safetySettings":[\#(list(n) { #"{"category":"c\#($0)","threshold":"BLOCK_NONE"}"# })]"#
                )
            },
            RequestElement(.gemini, "labels") { n in body(hello, #""labels":{\#(list(n) { #""k\#($0)":"v""# })}"#) },
            RequestElement(.gemini, "unknown members", most: mostUnknownMembers) { n in
                body(hello, list(n) { #""x\#($0)":1"# })
            },
            RequestElement(.gemini, "instructions to the simulator") { n in
                body(
                    user(#"{"text":"\#(run(n) { _ in "[[simulate: call=f0]] " })"}"#),
                    #""tools":[{"functionDeclarations":[\#(declaration(0))]}]"#
                )
            },
        ]
        + schemas.map { schema in
            RequestElement(.gemini, "parametersJsonSchema: \(schema.name)") { n in
                body(
                    hello,
                    #""tools":[{"functionDeclarations":[\#(declaration(0, #""parametersJsonSchema":\#(schema.schema(n))"#))]}]"#
                )
            }
        }
        + schemas.map { schema in
            RequestElement(.gemini, "parameters: \(schema.name)") { n in
                body(
                    hello,
                    #""tools":[{"functionDeclarations":[\#(declaration(0, #""parameters":\#(schema.schema(n))"#))]}]"#
                )
            }
        }
        + schemas.map { schema in
            RequestElement(.gemini, "responseSchema: \(schema.name)") { n in
                body(
                    hello,
                    #""generationConfig":{"responseMimeType":"application/json","responseSchema":\#(schema.schema(n))}"#
                )
            }
        }

    /// The repeated elements of requests for vectors.
    static let embeddings: [RequestElement] = [
        RequestElement(.embeddings, "inputs", most: 2_048) { n in
            #"{"model":"gte-large-en","dimensions":64,"input":[\#(list(n) { #""text \#($0)""# })]}"#
        },
        RequestElement(.embeddings, "inputs, as base64", most: 2_048) { n in
            #"{"model":"gte-large-en","dimensions":64,"encoding_format":"base64","input":[\#(list(n) { #""text \#($0)""# })]}"#
        },
        RequestElement(.embeddings, "inputs behind an instruction", most: 2_048) { n in
            #"{"model":"gte-large-en","dimensions":64,"instruction":"Find","input":[\#(list(n) { #""text \#($0)""# })]}"#
        },
        RequestElement(.embeddings, "tokens of an input") { n in
            #"{"model":"gte-large-en","dimensions":64,"encoding_format":"float","input":[[\#(list(n) { String($0) })]]}"#
        },
        RequestElement(.embeddings, "inputs and unknown members", most: 1_024) { n in
            #"{"model":"gte-large-en","encoding_format":"float","input":[\#(list(n / 4) { #""text \#($0)""# })],\#(list(n) { #""x\#($0)":1"# })}"#
        },
        RequestElement(.mlflowEmbeddings, "bytes of an input") { n in
            #"{"model":"gte-large-en","input":["\#(run(n) { _ in "Hello " })"]}"#
        },
        RequestElement(.batchEmbeddings, "requests", most: 2_048) { n in
            #"{"requests":[\#(list(n) { #"{"model":"models/m","content":{"parts":[{"text":"t\#($0)"}]}}"# })]}"#
        },
        RequestElement(.batchEmbeddings, "parts of a content") { n in
            #"{"requests":[{"model":"models/m","content":{"parts":[\#(list(n) { #"{"text":"t\#($0)"}"# })]}}]}"#
        },
    ]
}
