// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import NIOCore
import NIOHTTP1

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What the head of a request says, once it is admitted.
struct Admission {
    let requestID: String
    /// Evenly distributed bits that belong to this call.
    let random: UInt64
    let request: HTTPRequest
    /// The API whose error shape applies before the body has been read.
    let apiType: APIType
    let snapshot: Snapshot
    let caller: Caller
    /// How the caller was recognised, as the usage row spells it.
    let authMode: String
    /// Microseconds since 1970 UTC.
    let eventTime: Int64
}

/// One call on its way: what is known of it so far, and in the end its usage row.
///
/// It has one owner, the task that serves it, and is lent to whoever works on it: nothing of it is copied, and it ends once, in ``end(with:)``.
package struct Call: ~Copyable, Sendable {
    /// What is asked for.
    enum Subject {
        /// What the body says.
        case request(InferenceRoute)
        /// An earlier answer that its provider keeps.
        case stored(StoredResponse, ResponsePart)
        /// What only the provider knows.
        case unmanaged(UnmanagedPath)
    }

    private let admission: Admission
    let subject: Subject
    /// The body of a request that goes on as it came, unread.
    var unreadBody = ByteBuffer()
    let client: any HTTPExchange
    let upstream: any UpstreamClient
    private var reservation: Reservation

    /// The API that the client uses; for a path that several share, known once the body is read.
    package internal(set) var apiType: APIType
    var requestedModel = ""
    /// nil before the body is read, and where there is no service of the name.
    package internal(set) var service: PreparedService?
    /// The latest that was asked.
    package internal(set) var destination: Destination?
    package internal(set) var requestTags: RequestTags?
    /// The client's own name for the request, where its body has one.
    var clientRequestID: String?
    /// The request once its body is read; none where an earlier answer is asked for.
    package internal(set) var opened: OpenedRequest?
    /// What is left of the rate limits; nil where none concerns the call.
    var limitStatus: LimitStatus?
    /// The budgets that the call counts towards.
    var budgetUses: [BudgetUse] = []
    /// What looks into the content of the call, in order, as it is once it has seen the request.
    var contentPolicies: [any ContentPolicy] = []
    package internal(set) var attempts: [UsageRecord.Attempt] = []
    /// What was seen of the answer.
    package internal(set) var observation = ResponseObservation()
    var contentType: String?
    var status = 0
    /// Why the call failed; nil while it has not.
    package internal(set) var failure: GatewayError?
    /// When the first byte of the answer went out.
    var firstByte: NIODeadline?

    /// The conversation that is stored together with the answer, as one JSON value; nil where the answer is not stored.
    var storedInput: ByteBuffer?
    /// Bytes of a translated request that are counted.
    private var heldTranslation = 0
    /// The earlier answer that only one destination has.
    var heldResponseID: String?
    /// The destination whose opaque state the call carries, which is tried although it is ejected.
    var stateHolder: StateOrigin?
    /// The attempt under way that takes an ejected destination back if it succeeds, and what it has changed.
    var probe: (circuit: CircuitBreaker, ticket: CircuitTicket, change: CircuitBreaker.Change?)?
    /// When the time of the call is over, all attempts together; nil where it has no end.
    var deadline: NIODeadline?
    /// Whether another attempt follows if the one under way fails.
    var hasAlternative = false
    /// Where turns stand that only one of several destinations can read.
    var heldCompaction: String?

    init(
        _ admission: Admission,
        about subject: Subject,
        from client: any HTTPExchange,
        over upstream: any UpstreamClient,
        reservation: consuming Reservation
    ) {
        self.admission = admission
        self.subject = subject
        self.client = client
        self.upstream = upstream
        self.reservation = reservation
        apiType = admission.apiType
    }

    package var requestID: String { admission.requestID }
    var random: UInt64 { admission.random }
    package var request: HTTPRequest { admission.request }
    package var snapshot: Snapshot { admission.snapshot }
    package var caller: Caller { admission.caller }
    /// Microseconds since 1970 UTC.
    package var eventTime: Int64 { admission.eventTime }

    /// What answers say about themselves where the upstream says nothing.
    var answerIdentity: AnswerIdentity {
        AnswerIdentity(
            requestID: requestID,
            created: Int(eventTime / 1_000_000),
            clock: { Int(Self.wallClock() / 1_000_000) }
        )
    }

    /// The headers of the answer that say what is left of the rate limits.
    func limitHeaders(_ traits: ClientTraits) -> [(name: String, value: String)] {
        limitStatus?.headers(traits.limitHeaders, now: eventTime) ?? []
    }

    /// Whether the client has a part of the answer.
    package var hasStarted: Bool { firstByte != nil }

    /// Says what is to be done once the call has ended, with its row: to give back what was reserved for it beyond what it used.
    package mutating func settle(_ settlement: @escaping @Sendable (UsageRecord) -> Void) {
        reservation.settle(settlement)
    }

    /// Whether nothing of its request or answer is read.
    package var isUnmanaged: Bool {
        if case .unmanaged = subject { true } else { false }
    }

    /// Ends the call with its row, ``usageRecord(_:)``.
    consuming func end(with record: consuming UsageRecord) {
        reservation.finish(record)
    }

    /// Counts what is kept of an answer until all of it is there.
    ///
    /// - Throws: what asks for no other destination: the caller's own limit would be reached there too.
    func hold(_ bytes: Int) throws(GatewayError) {
        do throws(GatewayError) {
            try client.hold(bytes, for: caller.account)
        } catch {
            throw GatewayError(.overloaded, error.message, status: error.status, retryAfter: error.retryAfter)
        }
    }

    /// Counts what a translation of the request takes beside the body.
    ///
    /// Of the translations for several destinations the largest counts, and a small one not at all: the request itself may be larger than that.
    mutating func hold(_ translation: Translation) throws(GatewayError) {
        let bytes = translation.body.reduce(translation.earlierBodies.joined().reduce(0) { $0 + $1.readableBytes }) {
            $0 + $1.readableBytes
        }
        guard bytes > Self.uncountedBytes, bytes > heldTranslation else { return }
        try hold(bytes - heldTranslation)
        heldTranslation = bytes
    }

    private static let uncountedBytes = 64 << 10

    /// Keeps what the body says to the gateway, for the row.
    mutating func take(_ notes: RequestNotes) throws(GatewayError) {
        clientRequestID = notes.clientRequestID
        guard let tags = notes.tags else { return }
        if let header = requestTags { requestTags = try tags.adding(header) } else { requestTags = tags }
    }

    /// Whether the time of the call is over.
    var isOutOfTime: Bool { deadline.map { $0 <= .now() } ?? false }

    mutating func noteFirstByte() {
        guard firstByte == nil else { return }
        firstByte = .now()
        // A stream may go on for long.
        if let probe { self.probe?.change = probe.circuit.note(.success, of: probe.ticket) }
    }

    /// Adds a try of a destination to the row.
    ///
    /// `failure` is why it did not answer, without credentials; nil where it did.
    mutating func noteAttempt(
        at destination: Destination,
        action: String,
        since start: NIODeadline,
        failure: GatewayError?,
        vendorRequestID: String?
    ) {
        attempts.append(
            UsageRecord.Attempt(
                priority: attempts.count + 1,
                action: action,
                destination: destination.label,
                statusCode: failure?.status ?? status,
                errorCode: failure?.code.databricksCode,
                latencyMilliseconds: (.now() - start).milliseconds,
                vendorRequestID: vendorRequestID?.prefixOfUTF8(UsageRecord.maximumVendorIDBytes)
            )
        )
    }

    /// The request, out of the call for as long as somebody changes it; it must be put back.
    mutating func takeRequest() throws(GatewayError) -> OpenedRequest {
        guard let request = opened.take() else {
            throw GatewayError(.internalFailure, "The request has not been read.")
        }
        return request
    }

    /// The row; made once, when the call has ended.
    func usageRecord(_ translator: some Translator) -> UsageRecord {
        var record = UsageRecord(
            requestID: requestID,
            invocationID: requestID,
            eventTime: eventTime,
            workspaceID: snapshot.configuration.workspaceID,
            caller: caller,
            authMode: admission.authMode,
            service: service?.service,
            requestedModel: requestedModel,
            destination: destination,
            apiType: isUnmanaged ? nil : apiType,
            ipAddress: request.remoteAddress,
            url: Self.loggable(url: request.target),
            userAgent: request.headers.first(name: "user-agent")?.prefixOfUTF8(UsageRecord.maximumUserAgentBytes),
            requestTags: keptTags,
            usage: usage(translator),
            price: destination.flatMap { $0.price ?? snapshot.configuration.defaultPrice },
            responseContentType: contentType?.prefixOfUTF8(UsageRecord.maximumShortBytes),
            statusCode: status,
            latencyMilliseconds: (.now() - request.received).milliseconds,
            timeToFirstByteMilliseconds: firstByte.map { ($0 - request.received).milliseconds },
            attempts: attempts,
            serviceTier: observation.serviceTier?.prefixOfUTF8(UsageRecord.maximumTierBytes),
            clientRequestID: clientRequestID
        )
        record.budgetUses = budgetUses
        return record
    }

    /// The tags for the row.
    ///
    /// A call that was refused costs its sender nothing, so its row takes only short ones.
    private var keptTags: RequestTags? {
        guard destination == nil, let requestTags else { return requestTags }
        return requestTags.json.utf8.count <= RequestTags.maximumRefusedBytes ? requestTags : nil
    }

    /// Whether the upstream delivered something without saying what it read, so that the row needs an estimate, which reads the whole body.
    var needsInputEstimate: Bool {
        // Counting is free.
        apiType.operation != .countTokens && (observation.hasContent || observation.isComplete)
            && observation.usage.uncachedInput == nil
    }

    /// What the upstream reported; an estimate, marked as such, where it reported nothing or was cut off.
    private func usage(_ translator: some Translator) -> TokenUsage {
        var usage = observation.usage
        guard apiType.operation != .countTokens, observation.hasContent || observation.isComplete else { return usage }
        if needsInputEstimate {
            usage.uncachedInput = opened.map { translator.estimatedInput(of: $0.envelope) }
            usage.isEstimated = true
        }
        // Embeddings have no output to count.
        guard apiType.operation != .embed else { return usage }
        let delivered = TokenUsage.estimate(textBytes: observation.contentBytes)
        if usage.output == nil || (!observation.isComplete && (usage.output ?? 0) < delivered) {
            usage.output = delivered
            usage.isEstimated = true
        }
        return usage
    }

    /// Microseconds since 1970 UTC.
    static func wallClock() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }
}

extension TimeAmount {
    fileprivate var milliseconds: Int { Int(nanoseconds / 1_000_000) }
}
