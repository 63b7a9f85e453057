// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// The struct columns of the usage table as JSON. Members that are not known are left out.
extension UsageRowEncoder {
    /// A list in a struct column ends after the element with which it has that many bytes.
    private static let maximumListBytes = 4096

    /// `endpoint_metadata`.
    static func endpointMetadata(_ service: ModelService) -> String {
        document { writer in
            writer.member("creator", service.createdBy)
            writer.member(
                "destinations",
                array: { list in
                    for destination in service.destinations where list.buffer.readableBytes < maximumListBytes {
                        list.object { writer in
                            writer.member("name", destination.label)
                            if let share = destination.trafficPercentage { writer.member("traffic_percentage", share) }
                        }
                    }
                }
            )
            if let table = service.inferenceTable {
                writer.member(
                    "inference_table",
                    object: { writer in
                        writer.member("schema", table.schema)
                        if let prefix = table.tableNamePrefix { writer.member("table_name_prefix", prefix) }
                    }
                )
            }
            writer.member(
                "fallbacks",
                array: { list in
                    for destination in service.fallback where list.buffer.readableBytes < 2 * maximumListBytes {
                        list.object { $0.member("name", destination.label) }
                    }
                }
            )
        }
    }

    /// `session_metadata`; nil when nothing is known.
    static func sessionMetadata(userAgent: String?, reasoningEffort: String?) -> String? {
        let agent = userAgent.flatMap { CodingAgent(userAgent: $0) }
        guard agent != nil || reasoningEffort != nil else { return nil }
        return document { writer in
            if let agent {
                writer.member("coding_agent", agent.name.rawValue)
                if let version = agent.version { writer.member("agent_version", version) }
            }
            if let reasoningEffort {
                writer.member("reasoning_effort", reasoningEffort, atMost: UsageRecord.maximumTierBytes)
            }
        }
    }

    private static func document(_ members: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        writer.object(members)
        return String(buffer: writer.buffer)
    }

    /// Adds `invocation_metadata`.
    mutating func invocationMetadata(serviceTier: String?, clientRequestID: String?) {
        guard serviceTier != nil || clientRequestID != nil else { return text(#"{"source":"EXTERNAL_CLIENT"}"#) }
        json { writer in
            writer.object { writer in
                writer.member("source", "EXTERNAL_CLIENT")
                if let serviceTier {
                    writer.member("service_tier", serviceTier, atMost: UsageRecord.maximumTierBytes)
                }
                if let clientRequestID {
                    writer.member("client_request_id", clientRequestID, atMost: RequestNotes.maximumIDBytes)
                }
            }
        }
    }

    /// Adds `token_details`.
    mutating func tokenDetails(_ usage: TokenUsage) {
        let isCacheWriteKnown = usage.cacheWrite5m != nil || usage.cacheWrite1h != nil
        guard isCacheWriteKnown || usage.cacheRead != nil || usage.reasoning != nil else { return null() }
        json { writer in
            writer.object { writer in
                if let tokens = usage.cacheRead { writer.member("cache_read_input_tokens", tokens) }
                if isCacheWriteKnown { writer.member("cache_creation_input_tokens", usage.cacheWrite) }
                // An upstream that does not split reports its total in the bucket for five minutes, and none for an hour.
                if let tokens = usage.cacheWrite1h {
                    writer.member("cache_creation_5m_input_tokens", usage.cacheWrite5m ?? 0)
                    writer.member("cache_creation_1h_input_tokens", tokens)
                }
                if let tokens = usage.reasoning { writer.member("output_reasoning_tokens", tokens) }
            }
        }
    }

    /// Adds `routing_information`.
    mutating func routingInformation(_ attempts: [UsageRecord.Attempt]) {
        guard !attempts.isEmpty else { return null() }
        json { writer in
            // The buffer holds the row's earlier cells too.
            let end = writer.buffer.readableBytes + Self.maximumListBytes
            writer.object { writer in
                writer.member(
                    "attempts",
                    array: { list in
                        for attempt in attempts where list.buffer.readableBytes < end {
                            list.object { $0.members(of: attempt) }
                        }
                    }
                )
            }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func members(of attempt: UsageRecord.Attempt) {
        member("priority", attempt.priority)
        member("action", attempt.action)
        member("destination", attempt.destination, atMost: 2048)
        member("status_code", attempt.statusCode)
        if let code = attempt.errorCode { member("error_code", code, atMost: 128) }
        member("latency_ms", attempt.latencyMilliseconds)
        if let id = attempt.vendorRequestID {
            member("vendor_request_id", id, atMost: UsageRecord.maximumVendorIDBytes)
        }
    }

    /// A member whose value is a string of others, cut to that many bytes.
    fileprivate mutating func member(_ name: StaticString, _ value: String, atMost count: Int) {
        key(name)
        string(value.prefix(utf8Bytes: count))
    }
}
