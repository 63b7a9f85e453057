// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayPipeline
import NIOHTTP1
import Testing

@Suite("Credentials")
struct CredentialTests {
    @Test(
        "The token is found wherever an SDK puts it",
        arguments: [
            (["Authorization": "Bearer gth_x"], "gth_x"), (["authorization": "bearer gth_x"], "gth_x"),
            (["AUTHORIZATION": "BEARER   gth_x"], "gth_x"), (["Authorization": "Basic dG9rZW46Z3RoX3g="], "gth_x"),
            (["Authorization": "basic dG9rZW46Z3RoX3g"], "gth_x"), (["x-api-key": "gth_x"], "gth_x"),
            (["X-Goog-Api-Key": "gth_x"], "gth_x"),
            (["Authorization": "Bearer gth_x", "x-api-key": "unused"], "gth_x"),
            (["x-goog-api-key": "databricks", "Authorization": "Bearer gth_x"], "gth_x"),
            (["Authorization": "Bearer ' OR '1'='1"], "' OR '1'='1"),
            // A token that holds a colon is the whole rest.
            (["Authorization": "Basic dG9rZW46YTpi"], "a:b"),
        ] as [(HTTPHeaders, String)]
    )
    func found(headers: HTTPHeaders, token: String) {
        #expect(Credential(headers)?.token == token)
    }

    @Test(
        "What is no credential is none",
        arguments: [
            [:], ["Authorization": ""], ["Authorization": "Bearer"], ["Authorization": "Bearer "],
            ["Authorization": "gth_x"],
            ["Authorization": "Digest gth_x"], ["Authorization": "Basic %%%"], ["Authorization": "Basic "],
            // "token:", "user:pass", "token"
            ["Authorization": "Basic dG9rZW46"], ["Authorization": "Basic dXNlcjpwYXNz"],
            ["Authorization": "Basic dG9rZW4="],
            ["Authorization": "Basic dG9rZW46Z3RoX3g=x"], ["Authorization": "Basic dG9rZW46Z"], ["x-api-key": ""],
            // A broken Authorization is not made up for by another header.
            ["Authorization": "Bearer", "x-api-key": "gth_x"],
            // Two of them are two answers to the question who asks.
            ["Authorization": "Bearer a", "authorization": "Bearer b"],
        ] as [HTTPHeaders]
    )
    func none(headers: HTTPHeaders) {
        #expect(Credential(headers)?.token == nil)
    }
}
