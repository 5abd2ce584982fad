package node;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.node.Node;
import org.elasticsearch.plugins.PluginsLoader;

/** Starts one Elasticsearch node from the published server jar; settings are given as -Ekey=value arguments. */
public class Boot {
    private Boot() {}

    public static void main(String[] args) throws Exception {
        Settings settings = settings(args);
        Path config = Path.of(System.getProperty("es.path.conf"));

        LogConfigurator.registerErrorListener();
        Environment env = new Environment(settings, config);
        LogConfigurator.setNodeName(Node.NODE_NAME_SETTING.get(settings));
        LogConfigurator.configure(env, true);
        PluginsLoader plugins = PluginsLoader.createPluginsLoader(
            PluginsLoader.loadModulesBundles(env.modulesDir(), false),
            Set.of(),
            Map.of(),
            true
        );

        Node node = new Node(env, plugins);
        CountDownLatch closed = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            close(node);
            closed.countDown();
        }, "node-shutdown"));
        node.start();
        closed.await();
    }

    private static void close(Node node) {
        try {
            node.prepareForClose();
            node.close();
            if (node.awaitClose(20, TimeUnit.SECONDS) == false) {
                System.err.println("the node did not close within 20 s");
            }
        } catch (IOException e) {
            System.err.println("the node did not close: " + e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Settings settings(String[] args) {
        String home = System.getProperty("es.path.home");
        Settings.Builder settings = Settings.builder().put("path.home", home);
        for (String arg : args) {
            int equals = arg.indexOf('=');
            if (arg.startsWith("-E") == false || equals < 3) {
                throw new IllegalArgumentException("unknown argument [" + arg + "], expected -Ekey=value");
            }
            settings.put(arg.substring(2, equals), arg.substring(equals + 1));
        }
        return settings.build();
    }
}
