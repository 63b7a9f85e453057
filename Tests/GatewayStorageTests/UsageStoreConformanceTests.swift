// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import GatewayStorage
import NIOCore
import Testing

@Suite("Usage stores")
struct UsageStoreConformanceTests {
    @Test("A call is one row with every column", arguments: StoreEngine.allCases)
    func everyColumn(engine: StoreEngine) throws {
        let usage = try engine.makeUsageStore()
        var record = Samples.record(7)
        record.requestTags = try RequestTags(header: #"{"project":"chatbot"}"#)
        record.serviceTier = "priority"
        record.reasoningEffort = "high"
        record.userAgent = "claude-cli/2.1.329 (external, sdk-cli)"
        try usage.store.append([record])
        let rows = try usage.rows()
        #expect(rows.count == 1)
        #expect(
            rows.first == [
                "account_id": .null,
                "workspace_id": .text("1234567890123456"),
                "request_id": .text("6f1c2b3a-0000-4000-8000-000000000007"),
                "invocation_id": .text("6f1c2b3a-0000-4000-8000-000000000007"),
                "schema_version": .integer(2),
                "event_time": .integer(1_793_500_000_000_007),
                "service_type": .text("MODEL_SERVICE"),
                "service_name": .text("system.ai.gpt-5"),
                "service_tags": .null,
                "endpoint_id": .null,
                "endpoint_name": .text("system.ai.gpt-5"),
                "endpoint_tags": .null,
                "endpoint_metadata": .text(
                    #"{"creator":"gatehouse.yaml","destinations":[{"name":"system.providers.openai/gpt-5","traffic_percentage":100}],"#
                        + #""fallbacks":[]}"#
                ),
                "destination_type": .text("EXTERNAL_FOUNDATION_MODEL"),
                "destination_name": .text("system.providers.openai/gpt-5"),
                "destination_id": .null,
                "destination_model": .text("gpt-5"),
                "requester": .text("alice@example.com"),
                "requester_type": .text("USER"),
                "auth_mode": .text("TOKEN"),
                "ip_address": .text("127.0.0.1"),
                "url": .text("/openai/v1/chat/completions"),
                "user_agent": .text("claude-cli/2.1.329 (external, sdk-cli)"),
                "api_type": .text("openai/v1/chat/completions"),
                "request_tags": .text(#"{"project":"chatbot"}"#),
                "invocation_metadata": .text(#"{"source":"EXTERNAL_CLIENT","service_tier":"priority"}"#),
                "session_metadata": .text(
                    #"{"coding_agent":"claude_code","agent_version":"2.1.329","reasoning_effort":"high"}"#
                ),
                "mcp_metadata": .null,
                "input_tokens": .integer(15),
                "output_tokens": .integer(40),
                "total_tokens": .integer(55),
                "token_details": .text(#"{"cache_read_input_tokens":3,"output_reasoning_tokens":8}"#),
                "response_content_type": .text("application/json"),
                "status_code": .integer(200),
                "latency_ms": .integer(127),
                "time_to_first_byte_ms": .integer(118),
                "routing_information": .text(
                    #"{"attempts":[{"priority":1,"action":"ROUTE","destination":"system.providers.openai/gpt-5","#
                        + #""status_code":200,"latency_ms":124}]}"#
                ),
                "usage_source": .text("REPORTED"),
                "cost_nano_usd": .null,
                "cost_source": .text("UNPRICED"),
                "price_version": .null,
            ]
        )
    }

    @Test("What is not known of a call is null", arguments: StoreEngine.allCases)
    func unknown(engine: StoreEngine) throws {
        let usage = try engine.makeUsageStore()
        var record = Samples.record()
        record.service = nil
        record.destination = nil
        record.requestedModel = "no-such-model"
        record.userAgent = nil
        record.usage = TokenUsage()
        record.responseContentType = nil
        record.timeToFirstByteMilliseconds = nil
        record.attempts = []
        record.statusCode = 404
        try usage.store.append([record])
        let row = try #require(try usage.rows().first)
        let unknown = [
            "service_type", "service_name", "endpoint_metadata", "destination_type", "destination_name",
            "destination_model",
            "user_agent", "request_tags", "session_metadata", "input_tokens", "output_tokens", "total_tokens",
            "token_details",
            "response_content_type", "time_to_first_byte_ms", "routing_information",
        ]
        for name in unknown { #expect(row[name] == .null, "\(name)") }
        #expect(row["endpoint_name"] == .text("no-such-model"))
        #expect(row["invocation_metadata"] == .text(#"{"source":"EXTERNAL_CLIENT"}"#))
        #expect(row["usage_source"] == .text("NONE"))
        #expect(row["status_code"] == .integer(404))
    }

    @Test("Token counts are told apart by their source, and a reported zero is a zero", arguments: StoreEngine.allCases)
    func tokens(engine: StoreEngine) throws {
        let usage = try engine.makeUsageStore()
        var cached = Samples.record(1)
        cached.usage = TokenUsage(uncachedInput: 10, cacheRead: 0, cacheWrite5m: 20, cacheWrite1h: 30, output: 0)
        var unsplit = Samples.record(2)
        unsplit.usage = TokenUsage(uncachedInput: 10, cacheWrite5m: 20, output: 5)
        var estimated = Samples.record(3)
        estimated.usage = TokenUsage(uncachedInput: 4, output: 9, isEstimated: true)
        var huge = Samples.record(4)
        huge.usage = TokenUsage(uncachedInput: .max, cacheRead: .max, output: .max)
        try usage.store.append([cached, unsplit, estimated, huge])
        let rows = try usage.rows()
        try #require(rows.count == 4)
        #expect(rows[0]["input_tokens"] == .integer(60))
        #expect(rows[0]["output_tokens"] == .integer(0))
        #expect(
            rows[0]["token_details"]
                == .text(
                    #"{"cache_read_input_tokens":0,"cache_creation_input_tokens":50,"cache_creation_5m_input_tokens":20,"#
                        + #""cache_creation_1h_input_tokens":30}"#
                )
        )
        #expect(rows[1]["token_details"] == .text(#"{"cache_creation_input_tokens":20}"#))
        #expect(rows[2]["usage_source"] == .text("ESTIMATED"))
        #expect(rows[2]["token_details"] == .null)
        #expect(rows[3]["total_tokens"] == .integer(.max))
    }

    @Test("The cost of a call stands in its row, with how sure it is", arguments: StoreEngine.allCases)
    func costs(engine: StoreEngine) throws {
        let usage = try engine.makeUsageStore()
        let card = PriceCard(PriceCard.Rates(input: 2_000_000, cacheRead: 200_000, output: 8_000_000))
        var records = (1...4).map { Samples.record($0) }
        records[0].price = ModelPrice(card, source: .configured)
        records[1].price = ModelPrice(card, source: .list)
        records[1].usage = TokenUsage(uncachedInput: 1, cacheWrite5m: 1)
        records[2].price = ModelPrice(card, source: .similar)
        records[3].price = ModelPrice(card, source: .list)
        records[3].usage = TokenUsage()
        try usage.store.append(records)
        let rows = try usage.rows()
        try #require(rows.count == 4)
        #expect(
            rows.map { $0["cost_nano_usd"] } == [.integer(344_600), .integer(4000), .integer(344_600), .null]
        )
        #expect(
            rows.map { $0["cost_source"] }
                == [.text("PRICED"), .text("PARTLY_PRICED"), .text("ESTIMATED"), .text("NONE")]
        )
        #expect(
            rows.map { $0["price_version"] }
                == [.text("configuration"), .text(PriceList.version), .text(PriceList.version), .null]
        )
    }

    @Test("What calls cost is added to what was spent of their budgets", arguments: StoreEngine.allCases)
    func budgets(engine: StoreEngine) throws {
        let usage = try engine.makeUsageStore()
        let price = ModelPrice(PriceCard(PriceCard.Rates(input: 0, cacheRead: 0, output: 1_000_000)), source: .list)
        let (old, new) = (
            BudgetUse(budget: "b", subject: "", periodStart: 1000),
            BudgetUse(budget: "b", subject: "", periodStart: 2000)
        )
        let other = BudgetUse(budget: "b", subject: "user:alice@example.com", periodStart: 2000)
        func record(_ number: Int, _ uses: [BudgetUse], price: ModelPrice?) -> UsageRecord {
            var record = Samples.record(number)
            record.price = price
            record.budgetUses = uses
            return record
        }
        try usage.store.append([record(1, [old], price: price), record(2, [new, other], price: price)])
        try usage.store.append([
            record(3, [new], price: price), record(4, [new], price: nil), record(5, [], price: price),
        ])
        #expect(try usage.store.budgetSpend(from: 0) == [old: 40_000, new: 80_000, other: 40_000])
        #expect(try usage.store.budgetSpend(from: 2000) == [new: 80_000, other: 40_000])
        let dear = ModelPrice(PriceCard(PriceCard.Rates(input: 0, output: .max)), source: .list)
        var huge = record(6, [new], price: dear)
        huge.usage.output = .max
        try usage.store.append([huge])
        try usage.store.append([huge])
        #expect(try usage.store.budgetSpend(from: 2000)[new] == .max)
    }

    @Test("Every attempt stands in the row, with what the vendor said", arguments: StoreEngine.allCases)
    func attempts(engine: StoreEngine) throws {
        let usage = try engine.makeUsageStore()
        var record = Samples.record()
        record.attempts = [
            UsageRecord.Attempt(
                priority: 1,
                action: "ROUTE",
                destination: "a/\"b\"",
                statusCode: 429,
                errorCode: "rate_limit_exceeded",
                latencyMilliseconds: 5,
                vendorRequestID: "req_1"
            ),
            UsageRecord.Attempt(
                priority: 2,
                action: "FALLBACK",
                destination: "c/d",
                statusCode: 200,
                latencyMilliseconds: 9
            ),
        ]
        try usage.store.append([record])
        #expect(
            try usage.rows().first?["routing_information"]
                == .text(
                    #"{"attempts":[{"priority":1,"action":"ROUTE","destination":"a/\"b\"","status_code":429,"#
                        + #""error_code":"rate_limit_exceeded","latency_ms":5,"vendor_request_id":"req_1"},"#
                        + #"{"priority":2,"action":"FALLBACK","destination":"c/d","status_code":200,"latency_ms":9}]}"#
                )
        )
    }

    @Test("Each row tells of its own service, destination and caller", arguments: StoreEngine.allCases)
    func objects(engine: StoreEngine) throws {
        let usage = try engine.makeUsageStore()
        // The objects go away while the batch is written, so that identities are used again.
        let records = (0..<500).map { number in
            var record = Samples.record(number)
            let destination = Destination(
                service: Samples.providerService("system.providers.p\(number % 7)", isSimulated: true),
                model: "m\(number % 5)",
                trafficPercentage: 100
            )
            record.destination = destination
            record.service = ModelService(
                name: Samples.name("main.ai.s\(number % 11)"),
                destinations: [destination],
                fallback: [Samples.destination],
                inferenceTable: InferenceTable(schema: "main.logs", tableNamePrefix: "p\(number % 3)"),
                createdBy: "c\(number % 13)"
            )
            record.caller = Caller(name: "u\(number % 17)", kind: .servicePrincipal)
            record.userAgent = ["codex_exec/0.\(number % 3).0 (Linux)", nil, "curl/8.1"][number % 3]
            return record
        }
        try usage.store.append(records)
        let rows = try usage.rows()
        try #require(rows.count == 500)
        for (number, row) in rows.enumerated() {
            let label = "system.providers.p\(number % 7)/m\(number % 5)"
            #expect(row["service_name"] == .text("main.ai.s\(number % 11)"))
            #expect(row["destination_name"] == .text(label))
            #expect(row["destination_type"] == .text("PAY_PER_TOKEN_FOUNDATION_MODEL"))
            #expect(row["requester"] == .text("u\(number % 17)"))
            #expect(
                row["endpoint_metadata"]
                    == .text(
                        #"{"creator":"c\#(number % 13)","destinations":[{"name":"\#(label)","traffic_percentage":100}],"#
                            + #""inference_table":{"schema":"main.logs","table_name_prefix":"p\#(number % 3)"},"#
                            + #""fallbacks":[{"name":"system.providers.openai/gpt-5"}]}"#
                    )
            )
            #expect(
                row["session_metadata"]
                    == (number % 3 == 0 ? .text(#"{"coding_agent":"codex","agent_version":"0.0.0"}"#) : .null)
            )
        }
    }

    @Test("What a client controls is bounded, and cut between two characters", arguments: StoreEngine.allCases)
    func bounds(engine: StoreEngine) throws {
        let usage = try engine.makeUsageStore()
        var record = Samples.record()
        record.service = nil
        record.requestedModel = String(repeating: "é", count: 100_000)
        record.url = "/" + String(repeating: "x", count: 100_000)
        record.userAgent = String(repeating: "\u{1F600}", count: 100_000)
        record.serviceTier = String(repeating: "t", count: 100_000)
        record.reasoningEffort = String(repeating: "e", count: 100_000)
        try usage.store.append([record])
        let row = try #require(try usage.rows().first)
        #expect(row["endpoint_name"] == .text(String(repeating: "é", count: 127)))
        #expect(row["url"] == .text("/" + String(repeating: "x", count: 2047)))
        #expect(row["user_agent"] == .text(String(repeating: "\u{1F600}", count: 128)))
        let bytes = row.values.reduce(0) { sum, value in
            if case .text(let text) = value { sum + text.utf8.count } else { sum }
        }
        #expect(bytes < 5000)
    }

    @Test("Whatever a service, an upstream or a client says, a row is bounded", arguments: StoreEngine.allCases)
    func wholeRow(engine: StoreEngine) throws {
        let usage = try engine.makeUsageStore()
        // One character each, however long.
        let endless = "e" + String(repeating: "\u{301}", count: 100_000)
        var record = Samples.record()
        record.workspaceID = endless
        record.caller = Caller(name: endless, kind: .user)
        let destination = Destination(service: Samples.providerService(), model: endless, trafficPercentage: 100)
        record.destination = destination
        record.service = ModelService(
            name: Samples.name("main.ai.s"),
            destinations: Array(repeating: Samples.destination, count: 500),
            fallback: Array(repeating: Samples.destination, count: 500),
            createdBy: "c"
        )
        record.ipAddress = endless
        record.url = endless
        record.userAgent = endless
        record.responseContentType = endless
        record.serviceTier = endless
        record.reasoningEffort = endless
        record.attempts = Array(
            repeating: UsageRecord.Attempt(
                priority: 1,
                action: "ROUTE",
                destination: endless,
                statusCode: 429,
                errorCode: endless,
                latencyMilliseconds: 5,
                vendorRequestID: endless
            ),
            count: 500
        )
        try usage.store.append([record])
        let row = try #require(try usage.rows().first)
        let bytes = row.values.reduce(0) { sum, value in
            if case .text(let text) = value { sum + text.utf8.count } else { sum }
        }
        #expect(bytes < 32 << 10)
        // What is cut is JSON still.
        for column in ["endpoint_metadata", "routing_information"] {
            guard case .text(let text) = row[column] else { throw StorageError(.failed, column) }
            #expect(throws: Never.self) { try JSONValue(validating: ByteBuffer(string: text)) }
        }
    }

    @Test("The largest request tags arrive whole", arguments: StoreEngine.allCases)
    func largestTags(engine: StoreEngine) throws {
        let usage = try engine.makeUsageStore()
        var record = Samples.record()
        let tags = try Samples.largestTags()
        record.requestTags = tags
        try usage.store.append([record])
        #expect((31_000...RequestTags.maximumBytes).contains(tags.json.utf8.count))
        #expect(try usage.rows().first?["request_tags"] == .text(tags.json))
    }

    @Test("Hostile text arrives as it is", arguments: StoreEngine.allCases)
    func hostile(engine: StoreEngine) throws {
        let usage = try engine.makeUsageStore()
        var record = Samples.record()
        record.userAgent = "'); DROP TABLE usage; --\u{1b}[2J\"\\\u{202e}"
        record.url = ""
        record.serviceTier = "\"\\\n\u{1}"
        try usage.store.append([record])
        let row = try #require(try usage.rows().first)
        #expect(row["user_agent"] == .text("'); DROP TABLE usage; --\u{1b}[2J\"\\\u{202e}"))
        #expect(row["url"] == .text(""))
        #expect(row["invocation_metadata"] == .text(#"{"source":"EXTERNAL_CLIENT","service_tier":"\"\\\n\u0001"}"#))
    }

    @Test("Batches follow one another in order, and an empty one is nothing", arguments: StoreEngine.allCases)
    func order(engine: StoreEngine) throws {
        let usage = try engine.makeUsageStore()
        try usage.store.append([])
        for batch in 0..<10 { try usage.store.append((0..<50).map { Samples.record(batch * 50 + $0) }) }
        let times = try usage.rows().map { $0["event_time"] }
        #expect(times == (0..<500).map { .integer(1_793_500_000_000_000 + Int64($0)) })
    }
}
