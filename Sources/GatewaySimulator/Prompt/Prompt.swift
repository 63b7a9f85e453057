// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON

/// The contents of a request in terms common to all vendors: everything that the simulated model knows.
struct Prompt: Sendable {
    let model: SimulatedModel
    /// The model as the request names it.
    let modelName: String
    /// Bytes of system and developer messages.
    var instructionBytes = 0
    /// Messages of the conversation, those of the system not counted.
    var messageCount = 0
    /// The last text of the last user message that has any.
    var userText = ""
    var media = MediaCount()
    var tools: [OfferedTool] = []
    /// The names of the tools with their namespaces, where no two may have the same.
    var toolNames: Set<String> = []
    var toolChoice = ToolChoice.auto
    var allowsParallelCalls = true
    /// Whether the model says that it will call tools before it does, as Claude often does.
    var announcesCalls = false
    /// The tool results that the conversation ends with.
    var results: [ToolResult] = []
    /// How often the model has called tools since the last user text.
    var rounds = 0
    var format = OutputFormat.text
    var maximumTokens: Int?
    var stop: [String] = []
    var reasoning: Reasoning?
    var inputTokens = 0
    var cached = CachedTokens()
    var instructions = Instructions()

    init(model: SimulatedModel, modelName: String) {
        self.model = model
        self.modelName = modelName
    }

    /// What each message adds to its text.
    static let tokensPerMessage = 3

    enum ToolChoice: Sendable, Equatable {
        case auto
        case none
        /// Some tool must be called.
        case required
        /// This tool must be called.
        case tool(String)
    }

    struct ToolResult: Sendable {
        let name: String
        let text: String
        var isError = false
    }

    enum OutputFormat: Sendable {
        case text
        /// Any JSON object.
        case object
        /// What this schema describes.
        case schema(JSONValue)
    }

    /// How much the model reasons before it responds.
    struct Reasoning: Sendable {
        /// 1 for a little, up to 5.
        var depth: Int
        /// Most tokens.
        var limit: Int?
        /// Whether the reasoning text is shown.
        var isShown = true
    }

    /// The parts of the input that a prompt cache would have served or stored.
    struct CachedTokens: Sendable, Equatable {
        var read = 0
        var written5m = 0
        var written1h = 0
        var total: Int { read + written5m + written1h }
    }

    /// Notes a text of a user.
    mutating func hear(_ text: JSONString) {
        let string = text.string
        userText = string
        results = []
        rounds = 0
        inputTokens += TokenText.count(string)
    }

    /// Takes over the instructions in the last user message's texts, each of which is looked at only if it has any.
    mutating func read(markersIn texts: [JSONString]) throws(Refusal) {
        for text in texts {
            let string = text.string
            if string.utf8.contains(UInt8(ascii: "[")) { try instructions.read(marked: string, for: model) }
        }
    }
}

/// How many things other than text a request holds.
struct MediaCount: Sendable, Equatable {
    var images = 0
    var audio = 0
    var videos = 0
    var documents = 0

    /// The tokens of one image, audio, video or document, whatever its size.
    static let tokensPerImage = 256
    static let tokensPerAudio = 512
    static let tokensPerVideo = 1_024
    static let tokensPerDocument = 512

    var tokens: Int {
        images * Self.tokensPerImage + audio * Self.tokensPerAudio + videos * Self.tokensPerVideo
            + documents * Self.tokensPerDocument
    }

    /// `2 images and 1 video`; nil for nothing.
    var phrase: String? {
        let parts = [(images, "image"), (audio, "audio clip"), (videos, "video"), (documents, "document")]
            .filter { $0.0 > 0 }
            .map { "\($0.0) \($0.1)\($0.0 == 1 ? "" : "s")" }
        guard let last = parts.last else { return nil }
        return parts.count == 1 ? last : parts.dropLast().joined(separator: ", ") + " and " + last
    }
}

/// A tool that the request offers.
struct OfferedTool: Sendable {
    enum Kind: Sendable, Equatable {
        /// Takes JSON by a schema.
        case function
        /// Takes plain text.
        case custom
    }

    let name: String
    var kind = Kind.function
    /// The namespace of the tool, in OpenAI Responses.
    var namespace: String?
    var schema: JSONValue?
}
