// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON

/// Instructions for the simulator within a prompt: `[[simulate: status=429 retry_after=7]]`.
///
/// They are in the last user message, in the model's name, or (without the brackets) in the header `x-simulator`.
struct Instructions: Sendable {
    /// One call that the model is to make.
    struct Call: Sendable {
        var name: String
        /// JSON, or plain text for a tool without a schema; nil: made from the schema.
        var arguments: String?
    }

    var status: Int?
    var retryAfter: Int?
    var errorAfter: Int?
    var endAfter: Int?
    var silenceAfter: Int?
    var firstToken: Duration?
    var interToken: Duration?
    /// How many tokens of text to return.
    var tokens: Int?
    /// How many tokens of the prompt were read from a cache.
    var cachedTokens: Int?
    /// Whether the model refuses.
    var isRefusal = false
    /// Whether Claude's reasoning is redacted.
    var isRedacted = false
    /// Whether the response reports no usage.
    var withoutUsage = false
    /// The calls of each round, one list for each pair of brackets that has any.
    var rounds: [[Call]] = []

    /// Most tokens that can be asked for.
    static let maximumTokens = 16_384

    /// Keeps several choices together within the limit of one.
    mutating func share(among count: Int) {
        if let tokens { self.tokens = min(tokens, max(1, Self.maximumTokens / max(1, count))) }
    }

    /// Reads everything between `[[simulate:` and `]]` in a text.
    ///
    /// - Throws: 400 for an instruction that does not exist or a value that it cannot have.
    mutating func read(marked text: String, for model: SimulatedModel) throws(Refusal) {
        let bytes = Array(text.utf8)
        let opening = InstructionScanner.opening
        var index = 0
        while index + opening.count <= bytes.count {
            guard bytes[index] == opening[0], bytes[index..<index + opening.count].elementsEqual(opening) else {
                index += 1
                continue
            }
            var scanner = InstructionScanner(bytes: bytes, index: index + opening.count)
            try read(&scanner, for: model)
            index = scanner.index
        }
    }

    /// Takes over the value of the header.
    mutating func read(header value: String, for model: SimulatedModel) throws(Refusal) {
        var scanner = InstructionScanner(bytes: Array(value.utf8), index: 0)
        try read(&scanner, for: model)
    }

    private mutating func read(_ scanner: inout InstructionScanner, for model: SimulatedModel) throws(Refusal) {
        // Without the rounds, which would be copied for each marker.
        var read = self
        read.rounds = []
        var calls: [Call] = []
        var isMeant = true
        while let (key, value) = scanner.next() {
            switch key {
            case "model": isMeant = isMeant && value == model.name
            case "status": read.status = try Self.int(key, value, 400...599)
            case "retry_after": read.retryAfter = try Self.int(key, value, 0...86_400)
            case "error_after": read.errorAfter = try Self.int(key, value, 0...Self.maximumTokens)
            case "end_after": read.endAfter = try Self.int(key, value, 0...Self.maximumTokens)
            case "silence_after": read.silenceAfter = try Self.int(key, value, 0...Self.maximumTokens)
            case "silence": read.silenceAfter = 0
            case "first_token": read.firstToken = try Self.duration(key, value)
            case "inter_token": read.interToken = try Self.duration(key, value)
            case "tokens": read.tokens = try Self.int(key, value, 1...Self.maximumTokens)
            case "cached_tokens": read.cachedTokens = try Self.int(key, value, 0...Int(Int32.max))
            case "refusal": read.isRefusal = true
            case "redacted": read.isRedacted = true
            case "no_usage": read.withoutUsage = true
            case "call":
                guard let value, !value.isEmpty else { throw Self.wrong(key, value) }
                calls.append(Call(name: value))
            case "args":
                guard let value, !calls.isEmpty else { throw Self.wrong(key, value) }
                calls[calls.count - 1].arguments = value
            default:
                throw .invalid(
                    "The simulator has no instruction '\(key.prefix(40))'. Its documentation lists those that exist."
                )
            }
        }
        guard isMeant else { return }
        swap(&read.rounds, &rounds)
        if !calls.isEmpty { read.rounds.append(calls) }
        self = read
    }

    private static func wrong(_ key: String, _ value: String?) -> Refusal {
        .invalid("The simulator's instruction '\(key)' cannot be '\(value?.prefix(40) ?? "")'.")
    }

    private static func int(_ key: String, _ value: String?, _ range: ClosedRange<Int>) throws(Refusal) -> Int {
        guard let value, let int = Int(value), range.contains(int) else { throw wrong(key, value) }
        return int
    }

    /// `200ms`, `1.5s` or `50us`, at most an hour.
    private static func duration(_ key: String, _ value: String?) throws(Refusal) -> Duration {
        guard let value else { throw wrong(key, value) }
        for (unit, microseconds) in [("ms", 1_000.0), ("us", 1.0), ("s", 1_000_000.0)] where value.hasSuffix(unit) {
            guard let number = Double(value.dropLast(unit.count)), number >= 0, number * microseconds <= 3_600_000_000
            else { break }
            return .microseconds(Int64(number * microseconds))
        }
        throw wrong(key, value)
    }
}
