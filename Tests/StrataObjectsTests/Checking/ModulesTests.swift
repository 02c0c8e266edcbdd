import StrataModel
import StrataObjects
import SystemPackage
import TestSupport
import Testing

/// `.gitmodules` and `.gitattributes` are judged as git judges them; so are severities.
@Suite(.enabled(if: gitIsCurrent, "compared with git 2.50 or newer")) struct ModulesTests {
    static let urls = [
        "../x", "./x", "../../:x", "..//x", "../:x", "./../:x", "./:x", "..\\:x", "-x", "--upload-pack=x", "../x%0ay",
        "../x%0Ay",
        "../x%250a", "../%0", "a%0a:x", "git://h/x%0a", "git://h/x", "ssh://h/%0a", "http://h/x", "http://h/%0a",
        "http://h/%0a/../x",
        "http://h/a/../%2e%2e/x", "http://h/..", "http://h/a/..", "http://h/a/%2e%2e/..", "http://h//..",
        "http://h/./..",
        "http://h/x%", "http://h/x%zz", "http://", "http:///x", "http://:80/x", "http://h:0/", "http://h:80/",
        "http://h:65536/",
        "http://h:65535/", "http://h:000080/", "http://h:/", "http://h:8x/", "http://u@h/", "http://u%0a@h/",
        "http://u:p@h/x",
        "http://u@v@h/", "http://@h/", "http://[::1]/", "http://[::1]:8080/", "http://h h/", "http://h%20h/",
        "https://h?x%0ay",
        "https://h#%0a", "https://h?x%", "http::https://h/x", "http::file:///x", "http::file://h:1/",
        "http::file://:/x", "http::x",
        "https::", "ftp://h/x", "ftps://h/%0a", "ftp::http://h", "HTTP://h/%0a", "httpx://h/%0a", "http:/x%0a",
        "https://h/x/",
        "http://h/.%2E/x", "http::1http://h/", "http::h+t.t-p://h/", "http::ht_tp://h/", "http://h/%00",
        "http://h/%2f..",
    ]
    static let names = ["x", "", "..", "../x", "x/..", "x/../y", "x\\..\\y", "...", "x..", "..x", ".", "a/b"]

    private func complaints(_ place: LoosePlace, _ settings: [String] = [], strict: Bool = false) throws -> Set<String>
    {
        let arguments = settings + ["fsck", "--full", "--no-dangling"] + (strict ? ["--strict"] : [])
        let result = try run(gitPath, arguments, environment: gitEnvironment, directory: place.path)
        return Set(
            (result.errText + result.outText).split(separator: "\n").filter {
                $0.hasPrefix("error in ") || $0.hasPrefix("warning in ")
            }
            .map(String.init))
    }

    /// A file's blob in a tree of its own, so that git looks at it.
    private func put(_ text: [UInt8], as name: String, _ store: LooseObjectStore) throws -> ObjectID {
        let blob = try store.write(.blob, text.span, durability: nil)
        let tree = Array("100644 \(name)\0".utf8) + blob.bytes
        _ = try store.write(.tree, tree.span, durability: nil)
        return blob
    }

    @Test func modules() throws {
        let place = try LoosePlace()
        let store = place.store()
        var texts = Self.urls.map { "[submodule \"x\"]\n\turl = \"\($0.replacing("\\", with: "\\\\"))\"\n" }
        texts += Self.names.map { "[submodule \"\($0.replacing("\\", with: "\\\\"))\"]\n\tpath = a\n" }
        texts += ["-x", "x", ""].map { "[submodule \"x\"]\n\tpath = \($0)\n\tupdate = !\($0)\n" }
        texts += [
            "[submodule \"x\"]\n\turl\n\tpath\n\tupdate\n", "[submodule]\n\turl = -x\n",
            "[submodule \"x.y\"]\n\tURL = -x\n",
            "[other \"..\"]\n\turl = -x\n", "[submodule \"..\"\n", "garbage",
            "[submodule \"x\"]\n\turl = -x\n\tgarbage !\n",
            "[submodule \"x\"]\n\tupdate = checkout\n\tupdate = none\n", "", "[Submodule \"..\"]\n\tpath = x\n",
            "[submodule \"x\"]\n\turl = \"a\\nb\"\n\turl = \"../a\\nb\"\n\turl = \"http://h/a\\nb\"\n",
        ]
        var expected: Set<String> = []
        for text in texts {
            let bytes = Array(text.utf8)
            let blob = try put(bytes, as: ".gitmodules", store)
            let findings = ObjectSyntax.modules(bytes).findings
            for finding in findings {
                let line = "\(finding.isError ? "error" : "warning") in blob \(blob): \(finding)"
                expected.insert(String(line.split(separator: "\n")[0]))
            }
        }
        let found = try complaints(place)
        #expect(found.subtracting(expected) == [] && expected.subtracting(found) == [])
        #expect(expected.count > 30)
    }

    @Test func attributes() throws {
        let place = try LoosePlace()
        let store = place.store()
        var expected: Set<String> = []
        for count in [0, 10, 2047, 2048, 5000] {
            for ending in ["", "\n", "\n* text\n", "\0\n"] {
                let bytes = Array((String(repeating: "x", count: count) + ending).utf8)
                let blob = try put(bytes, as: ".gitattributes", store)
                for finding in ObjectSyntax.attributes(bytes).findings {
                    expected.insert("error in blob \(blob): \(finding)")
                }
            }
        }
        #expect(try complaints(place) == expected && expected.count == 8)
        #expect(ObjectSyntax.attributes(nil).findings.map(\.problem) == [.gitattributesLarge])
        #expect(ObjectSyntax.modules(nil).findings.map(\.problem) == [.gitmodulesLarge])
    }

    /// The same objects under other rules, through one checker that finishes in the store.
    @Test(arguments: ["", "strict", "configured"]) func severities(_ mode: String) throws {
        let place = try LoosePlace()
        let store = place.store()
        var ids: [ObjectID] = []
        func add(_ kind: ObjectKind, _ text: [UInt8]) throws {
            ids.append(try store.write(kind, text.span, durability: nil))
        }
        let link = [UInt8](repeating: 7, count: 20)
        for name in SyntaxTests.names where !name.contains("/") && !name.isEmpty {
            for mode in ["100644", "120000", "100664"] { try add(.tree, Array("\(mode) \(name)\0".utf8) + link) }
        }
        try add(.tree, Array("100644 b\0".utf8) + link + Array("100644 a\0".utf8) + link)
        let blob = try store.write(.blob, Array("[submodule \"..\"]\n\tpath = x\n".utf8).span, durability: nil)
        try add(.tree, Array("100644 .gitmodules\0".utf8) + blob.bytes)
        try add(.tree, Array("40000 .gitmodules\0".utf8) + ids[0].bytes)
        for seconds in ["01", "1"] {
            for zone in ["+0000", "0000"] {
                let identity = "A <a@b> \(seconds) \(zone)"
                let head = "tree \(ObjectID.emptyTree(.sha1))\nauthor \(identity)\ncommitter \(identity)\n"
                try add(.commit, Array("\(head)\nx\0y".utf8))
                try add(.tag, Array("object \(ids[0])\ntype tree\ntag x y\ntagger \(identity)\nmore\n\n".utf8))
            }
        }
        try add(.tag, Array("object \(ids[0])\ntype tree\ntag x y\n\n".utf8))
        var rules = ObjectRules(mode == "strict" ? .strict : .lenient)
        var arguments: [String] = []
        if mode == "configured" {
            for (name, value) in [
                ("hasDotgit", "error"), ("zeroPaddedDate", "ignore"), ("missingTaggerEntry", "error"),
                ("badTimezone", "warn"),
                ("gitmodulesName", "warn"), ("largePathname", "warn:10"), ("extraHeaderEntry", "warn"),
                ("treeNotSorted", "ignore"),
            ] {
                #expect(try rules.set(name, to: value))
                arguments += ["-c", "fsck.\(name)=\(value)"]
            }
            #expect(try !rules.set("badRefName", to: "warn"))
            #expect(throws: ObjectRules.Refusal.self) { try rules.set("nulInHeader", to: "warn") }
            #expect(throws: ObjectRules.Refusal.self) { try rules.set("badDate", to: "loud") }
            rules.skipped = [ids[3]]
            try replace(place.path.appending("skip"), with: Array("\(ids[3])\n".utf8))
            arguments += ["-c", "fsck.skipList=\(place.path)/skip"]
        }
        var expected: Set<String> = []
        var checkers = [ObjectChecker(.sha1, rules: rules), ObjectChecker(.sha1, rules: rules)]
        func say(_ id: ObjectID, _ finding: ObjectFinding) throws {
            let kind = try store.kind(of: id)?.name ?? "blob"
            let text = finding.description.map { $0 == "\u{1}" || $0 == "\u{7f}" ? "?" : $0 }
            expected.insert("\(finding.isError ? "error" : "warning") in \(kind) \(id): \(String(text))")
        }
        for (index, id) in ids.enumerated() {
            let contents = try #require(try store.read(id))
            for finding in checkers[index % 2].check(contents.kind, contents.bytes.span, as: id) {
                try say(id, finding)
            }
        }
        checkers[0].merge(checkers[1])
        for (id, finding) in try checkers[0].finish(in: store, limit: 1 << 20) { try say(id, finding) }
        let found = try complaints(place, arguments, strict: mode == "strict")
        #expect(found.subtracting(expected) == [] && expected.subtracting(found) == [])
        #expect(expected.count > 40)
    }
}
