// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// Turns an upstream's vectors into what the client asked for, once all of them are there: in one answer, or in several that each have some.
struct EmbeddingsTranslation: ResponseTransform {
    private let request: EmbeddingsRequest
    private let upstream: any EmbeddingsUpstreamDialect
    private let client: any EmbeddingsClientDialect
    private let isSame: Bool
    /// How many vectors each answer must have.
    private let counts: [Int]
    /// Which answer is being read; nil before the first.
    private var part: Int?
    private var body = ByteBuffer()
    /// Bytes of all answers so far.
    private var length = 0
    /// What the head of the current answer says of its tokens.
    private var inputTokens: Int?
    private var response: EmbeddingsResponse?
    private(set) var observation = ResponseObservation()

    var contentType: String? { "application/json" }
    var keepsLength: Bool { false }

    /// A translation of as many answers as there are counts of vectors.
    init(
        _ request: EmbeddingsRequest,
        _ counts: [Int],
        from upstream: any EmbeddingsUpstreamDialect,
        to client: any EmbeddingsClientDialect,
        isSame: Bool
    ) {
        self.request = request
        self.counts = counts
        self.upstream = upstream
        self.client = client
        self.isSame = isSame
    }

    mutating func begin(_ head: UpstreamHead) throws(GatewayError) {
        if part != nil { try readPart() }
        part = part.map { $0 + 1 } ?? 0
        inputTokens = upstream.inputTokensHeader.flatMap(head.header).flatMap { Int($0) }
        body = ByteBuffer()
    }

    mutating func consume(_ bytes: ByteBuffer) throws(GatewayError) -> ByteBuffer {
        if body.readableBytes == 0 { body = bytes } else { body.writeImmutableBuffer(bytes) }
        length += bytes.readableBytes
        guard length <= Self.maximumWholeAnswer else {
            throw .unreadableAnswer("the response has more than \(Self.maximumWholeAnswer) bytes")
        }
        return ByteBuffer()
    }

    mutating func finish() throws(GatewayError) -> ByteBuffer {
        try readPart()
        guard let response, response.vectors.count == request.inputs.count else {
            throw .unreadableAnswer("\(response?.vectors.count ?? 0) vectors for \(request.inputs.count) inputs")
        }
        observation.isComplete = true
        if isSame, response.vectors.allSatisfy({ $0.isWritten(as: request.encoding) }) { return body }
        var writer = JSONWriter(
            capacity: 2 * length + 256,
            maximumBytes: TranslationBound.bytes(reading: length)
        )
        try client.encodeEmbeddings(response, to: request, into: &writer)
        guard writer.excess == nil else { throw .unreadableAnswer("the response grows beyond its limit") }
        return writer.buffer
    }

    /// Reads the answer that has come to its end.
    private mutating func readPart() throws(GatewayError) {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue(answer: body)
        } catch {
            throw .unreadableAnswer("the response is not JSON: \(error)")
        }
        var read = try upstream.decodeEmbeddings(value)
        let index = part ?? 0
        let expected = index < counts.count ? counts[index] : 0
        guard read.vectors.count == expected else {
            throw .unreadableAnswer("\(read.vectors.count) vectors for \(expected) inputs")
        }
        if read.usage.uncachedInput == nil, let inputTokens, inputTokens >= 0 { read.usage.uncachedInput = inputTokens }
        if response == nil {
            response = read
        } else {
            response?.vectors += read.vectors
            response?.usage.add(read.usage)
        }
        observation.usage = response?.usage ?? TokenUsage()
        observation.hasContent = true
    }

    mutating func fail(_ error: GatewayError) -> ByteBuffer { ByteBuffer() }
}

extension EmbeddingsRequest {
    /// Most requests that one call becomes.
    private static let maximumParts = 256

    /// The request in pieces that an upstream can take: neighbours that go together, and not too many of them.
    ///
    /// `name` is the field of the inputs. Throws ``GatewayError/Code/invalidRequest`` if there are too many pieces.
    func parts(
        for upstream: some EmbeddingsUpstreamDialect,
        inputs name: String
    ) throws(GatewayError) -> [EmbeddingsRequest] {
        let most = upstream.maximumInputs
        guard inputs.count > most || !ownSettings.isEmpty else { return [self] }
        var ranges: [Range<Int>] = []
        for index in inputs.indices {
            if let last = ranges.last, last.count < most,
                ownSettings.isEmpty || !upstream.separates(ownSettings[last.lowerBound], ownSettings[index])
            {
                ranges[ranges.count - 1] = last.lowerBound..<index + 1
            } else {
                ranges.append(index..<index + 1)
            }
        }
        guard ranges.count <= Self.maximumParts else {
            throw .invalid(
                name,
                ownSettings.isEmpty
                    ? "must have at most \(most * Self.maximumParts) elements: this model accepts no more than \(most) at a time."
                    : "must have fewer elements with settings that differ: they would become \(ranges.count) requests to this model, and the limit is \(Self.maximumParts)."
            )
        }
        return ranges.map { range in
            var part = self
            part.inputs = Array(inputs[range])
            part.ownSettings = []
            if !ownSettings.isEmpty { part.settings = Self.shared(by: ownSettings[range]) }
            return part
        }
    }

    /// The settings of inputs that differ in nothing that the upstream takes: what only some have is still told of when it is left out.
    private static func shared(by all: ArraySlice<Settings>) -> Settings {
        var settings = Settings()
        for one in all {
            settings.dimensions = settings.dimensions ?? one.dimensions
            settings.taskType = settings.taskType ?? one.taskType
            settings.title = settings.title ?? one.title
        }
        return settings
    }
}
