package node;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.regex.Pattern;

import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.CharArraySet;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.Tokenizer;
import org.apache.lucene.analysis.core.LowerCaseFilter;
import org.apache.lucene.analysis.core.StopFilter;
import org.apache.lucene.analysis.en.EnglishAnalyzer;
import org.apache.lucene.analysis.miscellaneous.ASCIIFoldingFilter;
import org.apache.lucene.analysis.miscellaneous.FingerprintFilter;
import org.apache.lucene.analysis.pattern.PatternTokenizer;
import org.apache.lucene.analysis.snowball.SnowballFilter;
import org.apache.lucene.analysis.standard.StandardTokenizer;
import org.elasticsearch.common.regex.Regex;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.index.analysis.AbstractIndexAnalyzerProvider;
import org.elasticsearch.index.analysis.Analysis;
import org.elasticsearch.index.analysis.AnalyzerProvider;
import org.elasticsearch.index.analysis.PreBuiltAnalyzerProviderFactory;
import org.elasticsearch.indices.analysis.AnalysisModule.AnalysisProvider;
import org.elasticsearch.indices.analysis.PreBuiltCacheFactory.CachingStrategy;

/** The stock analyzers: pattern, fingerprint, snowball and one for each language Lucene has one for. */
final class Analyzers {
    private Analyzers() {}

    private record Language(CharArraySet stop, BiFunction<CharArraySet, CharArraySet, Analyzer> make) {}

    private static Map<String, Language> languages() {
        Map<String, Language> m = new TreeMap<>();
        m.put("arabic", new Language(org.apache.lucene.analysis.ar.ArabicAnalyzer.getDefaultStopSet(), org.apache.lucene.analysis.ar.ArabicAnalyzer::new));
        m.put("armenian", new Language(org.apache.lucene.analysis.hy.ArmenianAnalyzer.getDefaultStopSet(), org.apache.lucene.analysis.hy.ArmenianAnalyzer::new));
        m.put("basque", new Language(org.apache.lucene.analysis.eu.BasqueAnalyzer.getDefaultStopSet(), org.apache.lucene.analysis.eu.BasqueAnalyzer::new));
        m.put("bengali", new Language(org.apache.lucene.analysis.bn.BengaliAnalyzer.getDefaultStopSet(), org.apache.lucene.analysis.bn.BengaliAnalyzer::new));
        m.put("brazilian", new Language(org.apache.lucene.analysis.br.BrazilianAnalyzer.getDefaultStopSet(), org.apache.lucene.analysis.br.BrazilianAnalyzer::new));
        m.put("bulgarian", new Language(org.apache.lucene.analysis.bg.BulgarianAnalyzer.getDefaultStopSet(), org.apache.lucene.analysis.bg.BulgarianAnalyzer::new));
        m.put("catalan", new Language(org.apache.lucene.analysis.ca.CatalanAnalyzer.getDefaultStopSet(), org.apache.lucene.analysis.ca.CatalanAnalyzer::new));
        m.put("cjk", new Language(org.apache.lucene.analysis.cjk.CJKAnalyzer.getDefaultStopSet(), (st, ex) -> new org.apache.lucene.analysis.cjk.CJKAnalyzer(st)));
        m.put("czech", new Language(org.apache.lucene.analysis.cz.CzechAnalyzer.getDefaultStopSet(), org.apache.lucene.analysis.cz.CzechAnalyzer::new));
        m.put("danish", new Language(org.apache.lucene.analysis.da.DanishAnalyzer.getDefaultStopSet(), org.apache.lucene.analysis.da.DanishAnalyzer::new));
        m.put("dutch", new Language(org.apache.lucene.analysis.nl.DutchAnalyzer.getDefaultStopSet(), org.apache.lucene.analysis.nl.DutchAnalyzer::new));
        m.put("english", new Language(EnglishAnalyzer.getDefaultStopSet(), EnglishAnalyzer::new));
        m.put("estonian", new Language(org.apache.lucene.analysis.et.EstonianAnalyzer.getDefaultStopSet(), org.apache.lucene.analysis.et.EstonianAnalyzer::new));
        m.put("finnish", new Language(org.apache.lucene.analysis.fi.FinnishAnalyzer.getDefaultStopSet(), org.apache.lucene.analysis.fi.FinnishAnalyzer::new));
        m.put("french", new Language(org.apache.lucene.analysis.fr.FrenchAnalyzer.getDefaultStopSet(), org.apache.lucene.analysis.fr.FrenchAnalyzer::new));
        m.put("galician", new Language(org.apache.lucene.analysis.gl.GalicianAnalyzer.getDefaultStopSet(), org.apache.lucene.analysis.gl.GalicianAnalyzer::new));
        m.put("german", new Language(org.apache.lucene.analysis.de.GermanAnalyzer.getDefaultStopSet(), org.apache.lucene.analysis.de.GermanAnalyzer::new));
        m.put("greek", new Language(org.apache.lucene.analysis.el.GreekAnalyzer.getDefaultStopSet(), (st, ex) -> new org.apache.lucene.analysis.el.GreekAnalyzer(st)));
        m.put("hindi", new Language(org.apache.lucene.analysis.hi.HindiAnalyzer.getDefaultStopSet(), org.apache.lucene.analysis.hi.HindiAnalyzer::new));
        m.put("hungarian", new Language(org.apache.lucene.analysis.hu.HungarianAnalyzer.getDefaultStopSet(), org.apache.lucene.analysis.hu.HungarianAnalyzer::new));
        m.put("indonesian", new Language(org.apache.lucene.analysis.id.IndonesianAnalyzer.getDefaultStopSet(), org.apache.lucene.analysis.id.IndonesianAnalyzer::new));
        m.put("irish", new Language(org.apache.lucene.analysis.ga.IrishAnalyzer.getDefaultStopSet(), org.apache.lucene.analysis.ga.IrishAnalyzer::new));
        m.put("italian", new Language(org.apache.lucene.analysis.it.ItalianAnalyzer.getDefaultStopSet(), org.apache.lucene.analysis.it.ItalianAnalyzer::new));
        m.put("latvian", new Language(org.apache.lucene.analysis.lv.LatvianAnalyzer.getDefaultStopSet(), org.apache.lucene.analysis.lv.LatvianAnalyzer::new));
        m.put("lithuanian", new Language(org.apache.lucene.analysis.lt.LithuanianAnalyzer.getDefaultStopSet(), org.apache.lucene.analysis.lt.LithuanianAnalyzer::new));
        m.put("norwegian", new Language(org.apache.lucene.analysis.no.NorwegianAnalyzer.getDefaultStopSet(), org.apache.lucene.analysis.no.NorwegianAnalyzer::new));
        m.put("persian", new Language(org.apache.lucene.analysis.fa.PersianAnalyzer.getDefaultStopSet(), org.apache.lucene.analysis.fa.PersianAnalyzer::new));
        m.put("portuguese", new Language(org.apache.lucene.analysis.pt.PortugueseAnalyzer.getDefaultStopSet(), org.apache.lucene.analysis.pt.PortugueseAnalyzer::new));
        m.put("romanian", new Language(org.apache.lucene.analysis.ro.RomanianAnalyzer.getDefaultStopSet(), org.apache.lucene.analysis.ro.RomanianAnalyzer::new));
        m.put("russian", new Language(org.apache.lucene.analysis.ru.RussianAnalyzer.getDefaultStopSet(), org.apache.lucene.analysis.ru.RussianAnalyzer::new));
        m.put("serbian", new Language(org.apache.lucene.analysis.sr.SerbianAnalyzer.getDefaultStopSet(), org.apache.lucene.analysis.sr.SerbianAnalyzer::new));
        m.put("sorani", new Language(org.apache.lucene.analysis.ckb.SoraniAnalyzer.getDefaultStopSet(), org.apache.lucene.analysis.ckb.SoraniAnalyzer::new));
        m.put("spanish", new Language(org.apache.lucene.analysis.es.SpanishAnalyzer.getDefaultStopSet(), org.apache.lucene.analysis.es.SpanishAnalyzer::new));
        m.put("swedish", new Language(org.apache.lucene.analysis.sv.SwedishAnalyzer.getDefaultStopSet(), org.apache.lucene.analysis.sv.SwedishAnalyzer::new));
        m.put("thai", new Language(org.apache.lucene.analysis.th.ThaiAnalyzer.getDefaultStopSet(), (st, ex) -> new org.apache.lucene.analysis.th.ThaiAnalyzer(st)));
        m.put("turkish", new Language(org.apache.lucene.analysis.tr.TurkishAnalyzer.getDefaultStopSet(), org.apache.lucene.analysis.tr.TurkishAnalyzer::new));
        return m;
    }

    private interface Make {
        Analyzer get(Environment env, Settings s) throws java.io.IOException;
    }

    private static AnalysisProvider<AnalyzerProvider<? extends Analyzer>> of(Make make) {
        return (index, env, name, s) -> {
            Analyzer a = make.get(env, s);
            return new AbstractIndexAnalyzerProvider<Analyzer>(name) {
                @Override
                public Analyzer get() {
                    return a;
                }
            };
        };
    }

    static Map<String, AnalysisProvider<AnalyzerProvider<? extends Analyzer>>> all() {
        Map<String, AnalysisProvider<AnalyzerProvider<? extends Analyzer>>> m = new TreeMap<>();
        languages().forEach((name, l) -> m.put(name, of((env, s) -> l.make.apply(
            Analysis.parseStopWords(env, s, l.stop),
            Analysis.parseStemExclusion(s, CharArraySet.EMPTY_SET)
        ))));
        m.put("fingerprint", of((env, s) -> fingerprint(
            s.get("separator", " ").charAt(0),
            s.getAsInt("max_output_size", 255),
            Analysis.parseStopWords(env, s, CharArraySet.EMPTY_SET)
        )));
        m.put("pattern", of((env, s) -> pattern(
            Regex.compile(s.get("pattern", "\\W+"), s.get("flags")),
            s.getAsBoolean("lowercase", true),
            Analysis.parseStopWords(env, s, CharArraySet.EMPTY_SET)
        )));
        m.put("snowball", of((env, s) -> snowball(
            s.get("language", "English"),
            Analysis.parseStopWords(env, s, EnglishAnalyzer.getDefaultStopSet())
        )));
        return m;
    }

    static List<PreBuiltAnalyzerProviderFactory> preBuilt() {
        List<PreBuiltAnalyzerProviderFactory> all = new ArrayList<>();
        languages().forEach((name, l) -> all.add(one(name, () -> l.make.apply(l.stop, CharArraySet.EMPTY_SET))));
        all.add(one("pattern", () -> pattern(Regex.compile("\\W+", null), true, CharArraySet.EMPTY_SET)));
        all.add(one("fingerprint", () -> fingerprint(' ', 255, CharArraySet.EMPTY_SET)));
        all.add(one("snowball", () -> snowball("English", EnglishAnalyzer.getDefaultStopSet())));
        return all;
    }

    private static PreBuiltAnalyzerProviderFactory one(String name, Supplier<Analyzer> make) {
        return new PreBuiltAnalyzerProviderFactory(name, CachingStrategy.ONE, make);
    }

    private static Analyzer fingerprint(char separator, int max, CharArraySet stop) {
        return new Analyzer() {
            @Override
            protected TokenStreamComponents createComponents(String field) {
                Tokenizer t = new StandardTokenizer();
                TokenStream s = new ASCIIFoldingFilter(new LowerCaseFilter(t), false);
                return new TokenStreamComponents(t, new FingerprintFilter(new StopFilter(s, stop), max, separator));
            }
        };
    }

    private static Analyzer pattern(Pattern p, boolean lower, CharArraySet stop) {
        return new Analyzer() {
            @Override
            protected TokenStreamComponents createComponents(String field) {
                Tokenizer t = new PatternTokenizer(p, -1);
                TokenStream s = lower ? new LowerCaseFilter(t) : t;
                return new TokenStreamComponents(t, stop.isEmpty() ? s : new StopFilter(s, stop));
            }

            @Override
            protected TokenStream normalize(String field, TokenStream in) {
                return lower ? new LowerCaseFilter(in) : in;
            }
        };
    }

    private static Analyzer snowball(String language, CharArraySet stop) {
        return new Analyzer() {
            @Override
            protected TokenStreamComponents createComponents(String field) {
                Tokenizer t = new StandardTokenizer();
                return new TokenStreamComponents(t, new SnowballFilter(new StopFilter(new LowerCaseFilter(t), stop), language));
            }
        };
    }
}
