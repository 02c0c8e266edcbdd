import StrataModel
import SystemPackage
import TestSupport
import Testing

/// `strata unpack-objects` beside git's.
@Suite(.enabled(if: gitIsCurrent, "compared with git 2.50 or newer")) struct UnpackObjectsTests {
    @Test(arguments: HashAlgorithm.allCases) func packsOfGits(_ algorithm: HashAlgorithm) throws {
        let packs = try HistoryPacks.of(algorithm)
        for line in [
            "unpack-objects", "unpack-objects -q --strict", "unpack-objects -n", "unpack-objects -r",
            "-c core.bigFileThreshold=50 unpack-objects", "-c core.bigFileThreshold=50 unpack-objects -n",
            "-c core.bigFileThreshold=50 unpack-objects --strict", "-c core.fsync=loose-object unpack-objects",
            "-c core.fsync=loose-object -c core.fsyncMethod=batch unpack-objects --strict",
            "-c core.sharedRepository=group unpack-objects",
        ] {
            let scratch = try PackScratch(algorithm)
            try scratch.compare(line, packs.offsets + Array("behind".utf8))
            try scratch.compare(line, packs.references)
            try TestSupport.git(["fsck", "--strict"], in: scratch.scratch.root.appending("strata"))
        }
        let scratch = try PackScratch(algorithm)
        try scratch.compare("unpack-objects", packs.thin)
        try scratch.compare("unpack-objects -r", packs.thin)
        try scratch.compare("unpack-objects", packs.before)
        try scratch.compare("unpack-objects --strict", packs.thin)
        try TestSupport.git(["fsck", "--strict"], in: scratch.scratch.root.appending("strata"))
        let packed = try PackScratch(algorithm)
        try packed.compare("index-pack --stdin", packs.before)
        try packed.compare("unpack-objects", packs.thin)
    }

    @Test func arguments() throws {
        let scratch = try PackScratch()
        for line in [
            "unpack-objects -h", "unpack-objects x", "unpack-objects --bogus", "unpack-objects -nq",
            "unpack-objects --strict=foo", "unpack-objects --strict=foo=error", "unpack-objects --pack_header=x",
            "unpack-objects --max-input-size=20", "unpack-objects --max-input-size=x", "unpack-objects --help-all",
        ] { try scratch.compare(line, HandmadePacks.whole) }
        let headless = try PackScratch()
        try headless.compare("unpack-objects --pack_header=2,3", Array(HandmadePacks.whole.dropFirst(12)))
    }

    @Test(arguments: HandmadePacks.damaged) func damaged(_ pack: HandmadePacks.Named) throws {
        for line in ["unpack-objects", "unpack-objects -n", "unpack-objects -r"] {
            try PackScratch().compare(line, pack.bytes, pack.name)
        }
        // With checks nothing is written before all is known to be good.
        let strict = try PackScratch()
        let leaves = try strict.scratch.git(["unpack-objects", "--strict", "-n"], stdin: pack.bytes).status != 0
        if leaves { try strict.compare("unpack-objects --strict", pack.bytes, leavesNothing: true, pack.name) }
    }

    @Test(arguments: HandmadePacks.doubtful + HandmadePacks.badInTheEnd) func checks(
        _ pack: HandmadePacks.Named
    ) throws {
        try PackScratch().compare("unpack-objects", pack.bytes, pack.name)
        for line in ["unpack-objects --strict", "unpack-objects --strict=zeroPaddedFilemode=warn,missingEmail=ignore"] {
            let scratch = try PackScratch()
            let isBad =
                try PackScratch().scratch.git(
                    line.split(separator: " ").map(String.init), stdin: pack.bytes
                ).status != 0
            try scratch.compare(line, pack.bytes, leavesNothing: isBad, pack.name)
        }
    }
}
