// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOCore
import NIOHTTP1

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// One call on its way: what is known of it so far, and in the end its usage row.
///
/// It has one owner, the task that serves it, and is lent to whoever works on it: nothing of it is copied, and it ends once, in ``end(with:)``.
struct Call: ~Copyable {
    let requestID: String
    /// Evenly distributed bits that belong to this call.
    let random: UInt64
    let request: HTTPRequest
    let snapshot: Snapshot
    let caller: Caller
    /// How the caller was recognised, as the usage row spells it.
    let authMode: String
    /// Microseconds since 1970 UTC.
    let eventTime: Int64
    private let reservation: Reservation
    var apiType: APIType
    var requestedModel = ""
    var service: PreparedService?
    var destination: Destination?
    var requestTags: RequestTags?
    /// The basis of an estimate where the upstream reports no usage.
    var envelope: RequestEnvelope?
    var attempts: [UsageRecord.Attempt] = []
    var observation = ResponseObservation()
    var contentType: String?
    var status = 0
    /// When the first byte of the answer went out.
    var firstByte: NIODeadline?

    /// The conversation that is stored together with the answer, as one JSON value; nil where the answer is not stored.
    var storedInput: ByteBuffer?
    /// The earlier answer that only one destination has.
    var heldResponseID: String?

    init(
        requestID: String,
        random: UInt64,
        request: HTTPRequest,
        snapshot: Snapshot,
        caller: Caller,
        authMode: String,
        eventTime: Int64,
        apiType: APIType,
        reservation: consuming Reservation
    ) {
        self.requestID = requestID
        self.random = random
        self.request = request
        self.snapshot = snapshot
        self.caller = caller
        self.authMode = authMode
        self.eventTime = eventTime
        self.apiType = apiType
        self.reservation = reservation
    }

    /// Ends the call with its row, ``usageRecord(_:)``.
    consuming func end(with record: UsageRecord) {
        reservation.finish(record)
    }

    var hasStarted: Bool { firstByte != nil }

    mutating func noteFirstByte() {
        if firstByte == nil { firstByte = .now() }
    }

    mutating func noteAttempt(
        _ destination: Destination,
        _ action: String,
        since start: NIODeadline,
        status: Int,
        error: GatewayError?,
        vendorRequestID: String?
    ) {
        attempts.append(
            UsageRecord.Attempt(
                priority: attempts.count + 1,
                action: action,
                destination: destination.label,
                statusCode: status,
                errorCode: error?.code.databricksCode,
                latencyMilliseconds: (.now() - start).milliseconds,
                vendorRequestID: vendorRequestID?.prefixOfUTF8(UsageRecord.maximumVendorIDBytes)
            )
        )
    }

    /// The client's beta flags that a policy keeps from the upstream, for the header `x-gatehouse-dropped`.
    func refusedBetaFlags(by policy: HeaderPolicy) -> [String] {
        guard policy.anthropicBeta != .all else { return [] }
        let refused = request.headers[HeaderPolicy.anthropicBetaName].flatMap(policy.refusedAnthropicBeta)
        // A header for people: some of them, of plain characters.
        return refused.prefix(32).map { flag in
            let plain = flag.utf8.prefix(64).map { (0x21..<0x7F).contains($0) ? $0 : UInt8(ascii: "?") }
            return "\(HeaderPolicy.anthropicBetaName) \(String(decoding: plain, as: UTF8.self))"
        }
    }

    /// The row; made once, when the call has ended.
    func usageRecord(_ translator: some Translator) -> UsageRecord {
        UsageRecord(
            requestID: requestID,
            invocationID: requestID,
            eventTime: eventTime,
            workspaceID: snapshot.configuration.workspaceID,
            caller: caller,
            authMode: authMode,
            service: service?.service,
            requestedModel: requestedModel,
            destination: destination,
            apiType: apiType,
            ipAddress: request.remoteAddress,
            url: Self.loggable(url: request.target),
            userAgent: request.headers.first(name: "user-agent")?.prefixOfUTF8(UsageRecord.maximumUserAgentBytes),
            requestTags: keptTags,
            usage: usage(translator),
            responseContentType: contentType?.prefixOfUTF8(UsageRecord.maximumShortBytes),
            statusCode: status,
            latencyMilliseconds: (.now() - request.received).milliseconds,
            timeToFirstByteMilliseconds: firstByte.map { ($0 - request.received).milliseconds },
            attempts: attempts,
            serviceTier: observation.serviceTier?.prefixOfUTF8(UsageRecord.maximumTierBytes)
        )
    }

    /// The tags for the row.
    ///
    /// A call that was refused costs its sender nothing, so its row takes only short ones.
    private var keptTags: RequestTags? {
        guard destination == nil, let requestTags else { return requestTags }
        return requestTags.json.utf8.count <= RequestTags.maximumRefusedBytes ? requestTags : nil
    }

    /// What the upstream reported; an estimate, marked as such, where it reported nothing or was cut off.
    private func usage(_ translator: some Translator) -> TokenUsage {
        var usage = observation.usage
        // Counting is free.
        guard apiType.operation != .countTokens else { return usage }
        guard observation.hasContent || observation.isComplete else { return usage }
        if usage.uncachedInput == nil {
            usage.uncachedInput = envelope.map { translator.estimatedInput(of: $0) }
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

    /// A target that may stand in a log: bounded, and without its query where that could hold a credential.
    static func loggable(url target: String) -> String {
        guard let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) else {
            return target.prefixOfUTF8(UsageRecord.maximumURLBytes)
        }
        let query = target[mark...].lowercased()
        let isSafe = !query.contains("key=") && !query.contains("token=") && !query.contains("secret")
        return (isSafe ? target : String(target[..<mark])).prefixOfUTF8(UsageRecord.maximumURLBytes)
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
