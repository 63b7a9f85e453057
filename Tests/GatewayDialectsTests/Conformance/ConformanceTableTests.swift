// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import MadeUpDialects
import NIOCore
import Testing

/// What users of other gateways reported, and the tables over which it is tried: a dialect that is in them inherits the tests.
///
/// | Kind | Tried over |
/// |---|---|
/// | ends of streams (stream-20, stream-09) | every client × every upstream: `AnswerEndTests.endOfStream`; what only chat has: `chatStream` |
/// | unknown reasons (stream-21) | every client × every upstream with reasons: `AnswerEndTests.unknownReason` |
/// | meanings of errors (errors-06) | every client × every vendor's words: `ErrorMeaningTests.rephrased`, `translated` |
/// | bounds of names, ids and users (tools-16, tools-22, limits-13) | every client × every target: `HistoryConformanceTests` |
/// | rules of one target (client-12, tools-19, tools-20) | that target: `TargetRuleTests` |
/// | usage (usage-01, usage-13) | every client × every upstream: `AnswerEndTests.usage`; spellings of chat's servers: `ChatUsageTests` |
/// | parts that overlap (stream-23) | every upstream: `OverlappingPartsTests` |
/// | unique ids (tools-15, tools-21), broken arguments (tools-17) | every client with tools × every upstream: `AnswerIDTests`, `HistoryConformanceTests` |
/// | plain reasoning that is refused (reasoning-13) | every format that has such a field: `StateWithholdingTests` |
/// | half a surrogate pair (stream-22) | every client × every upstream: `LoneSurrogateTests` |
/// | references to earlier state (reasoning-11) | fields of one API each: `TargetRuleTests` |
/// | the most that a model can say (limits-12) | every client × every target: `MaximumOutputTests` |
/// | an assistant's first turn (tools-18) | every client × every target: `HistoryConformanceTests` |
/// | a flag and its field (client-14) | Messages alone has flags: `OtherCloudTests` |
@Suite("The tables of the suites")
struct ConformanceTableTests {
    private static let dialects = Dialects.all + [Parley(), Oracle()]

    @Test("Every client's API is in the tables of clients")
    func clients() throws {
        let formats = try Set(StepClient.conforming.map { try $0.envelope(isStreaming: false).apiType.wireFormat })
        for dialect in Self.dialects {
            guard let client = dialect as? any ClientDialect else { continue }
            #expect(formats.contains(client.format), "\(client.format)")
            guard let both = client as? any UpstreamDialect else { continue }
            #expect(
                StepClient.conforming.contains { $0.dialect?.format == both.format },
                "\(client.format) can write requests"
            )
            #expect(DialectConformance.all.contains { $0.dialect.format == both.format }, "\(client.format)")
        }
    }

    @Test("Every upstream's format is in the tables of upstreams")
    func upstreams() {
        for dialect in Self.dialects {
            guard let upstream = dialect as? any UpstreamDialect else { continue }
            #expect(UpstreamAnswers.all.contains { $0.dialect.format == upstream.format }, "\(upstream.format)")
            guard upstream.format != .oracle else { continue }
            #expect(Conformance.targets.contains(upstream.format))
            #expect(StepUpstream.all.contains { $0.format == upstream.format }, "\(upstream.format)")
            #expect(FuzzedUpstream.all.contains { $0.dialect.format == upstream.format }, "\(upstream.format)")
        }
    }
}

/// What tables follow from the dialects themselves.
enum Conformance {
    /// The formats in which the gateway asks upstreams for answers.
    static let targets: [WireFormat] = Dialects.all.compactMap { ($0 as? any UpstreamDialect)?.format }

    /// Clients whose requests can be written for them.
    static let writers = StepClient.conforming.filter { $0.dialect != nil }

    /// A request for one target, as its client sends it; nil where nothing is translated.
    static func translate(
        _ request: ModelRequest,
        of client: StepClient,
        to format: WireFormat,
        isStreaming: Bool = false,
        limits: ModelLimits = ModelLimits()
    ) throws -> Translation? {
        guard let envelope = try client.envelope(request, isStreaming: isStreaming),
            envelope.apiType.wireFormat != format
        else { return nil }
        let target = TranslationTarget(format: format, model: "m", limits: limits, defaultMaximumOutput: 100)
        return try Calls.dialects.translate(envelope, to: target, answer: Calls.identity)
    }
}
